// A machine on which locks hold nobody back: preloaded into daemons, it is the control of the test that each zone
// has one. Every request to lock succeeds at once, whoever holds the file.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>

typedef int (*fcntl_fn)(int, int, ...);

static int answer(const char *name, int fd, int command, void *given) {
  switch (command) {
  case F_SETLK:
  case F_SETLKW:
  case F_OFD_SETLK:
  case F_OFD_SETLKW:
    return 0;
  case F_GETLK:
  case F_OFD_GETLK:
    ((struct flock *)given)->l_type = F_UNLCK;
    return 0;
  }
  return ((fcntl_fn)dlsym(RTLD_NEXT, name))(fd, command, given);
}

int fcntl(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void *given = va_arg(rest, void *);
  va_end(rest);
  return answer("fcntl", fd, command, given);
}

int fcntl64(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void *given = va_arg(rest, void *);
  va_end(rest);
  return answer("fcntl64", fd, command, given);
}

int flock(int fd, int operation) {
  (void)fd;
  (void)operation;
  return 0;
}
