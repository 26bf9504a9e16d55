// A disk that refuses: preloaded into a daemon, it fails calls on files below one folder with an error of choice.
// What to fail is told through a file that both sides map, so that it begins and ends while the daemon runs.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

// As in diskFaults.ts.
struct order {
  _Atomic unsigned calls; // which kinds of call fail, as bits
  _Atomic int error;      // errno they fail with
  _Atomic int skip;       // calls of these kinds that go through first
  _Atomic int count;      // calls that fail then
  _Atomic unsigned hits;  // calls that have failed
};

enum { WRITES = 1, SYNCS = 2, OPENS = 4, CHANGES = 8, READS = 16 };

static struct order *order;
static char folder[PATH_MAX];
static size_t length;

__attribute__((constructor)) static void begin(void) {
  const char *control = getenv("KHLONE_TEST_FAULTS");
  const char *below = getenv("KHLONE_TEST_FAULTS_BELOW");
  if (!control || !below) return;
  snprintf(folder, sizeof folder, "%s/", below);
  length = strlen(folder);
  int fd = ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open"))(control, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *mapped = mmap(NULL, sizeof *order, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped != MAP_FAILED) order = mapped;
  close(fd);
}

static int armed(unsigned kind) { return order && (order->calls & kind) && order->count > 0; }

/* Whether this call, which is to the point, fails. */
static int fails(void) {
  if (atomic_fetch_sub(&order->skip, 1) > 0) return 0;
  if (atomic_fetch_sub(&order->count, 1) <= 0) return 0;
  atomic_fetch_add(&order->hits, 1);
  errno = order->error;
  return 1;
}

static int fails_at(unsigned kind, const char *path) {
  return armed(kind) && path && strncmp(path, folder, length) == 0 && fails();
}

static int fails_on(unsigned kind, int fd) {
  if (!armed(kind)) return 0;
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = 0;
  return fails_at(kind, path);
}

#define REAL(type, name) ((type)dlsym(RTLD_NEXT, name))

#define ON_FD(kind, result, name, parameters, arguments)                                                              \
  result name parameters {                                                                                            \
    static result(*real) parameters;                                                                                  \
    if (!real) real = REAL(result(*) parameters, #name);                                                              \
    if (fails_on(kind, fd)) return -1;                                                                                \
    return real arguments;                                                                                            \
  }

ON_FD(WRITES, ssize_t, write, (int fd, const void *from, size_t size), (fd, from, size))
ON_FD(WRITES, ssize_t, writev, (int fd, const struct iovec *from, int count), (fd, from, count))
ON_FD(WRITES, ssize_t, pwrite, (int fd, const void *from, size_t size, off_t at), (fd, from, size, at))
ON_FD(WRITES, ssize_t, pwrite64, (int fd, const void *from, size_t size, off64_t at), (fd, from, size, at))
ON_FD(SYNCS, int, fsync, (int fd), (fd))
ON_FD(SYNCS, int, fdatasync, (int fd), (fd))
ON_FD(CHANGES, int, ftruncate, (int fd, off_t size), (fd, size))
ON_FD(CHANGES, int, ftruncate64, (int fd, off64_t size), (fd, size))
ON_FD(READS, ssize_t, pread, (int fd, void *into, size_t size, off_t at), (fd, into, size, at))
ON_FD(READS, ssize_t, pread64, (int fd, void *into, size_t size, off64_t at), (fd, into, size, at))

#define AT_PATH(name, parameters, first, path)                                                                        \
  int name parameters {                                                                                               \
    static int(*real) parameters;                                                                                     \
    if (!real) real = REAL(int(*) parameters, #name);                                                                 \
    va_list rest;                                                                                                     \
    va_start(rest, flags);                                                                                            \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                                           \
    va_end(rest);                                                                                                     \
    if (fails_at(OPENS, path)) return -1;                                                                             \
    return real first;                                                                                                \
  }

AT_PATH(open, (const char *path, int flags, ...), (path, flags, mode), path)
AT_PATH(open64, (const char *path, int flags, ...), (path, flags, mode), path)
AT_PATH(openat, (int at, const char *path, int flags, ...), (at, path, flags, mode), path)
AT_PATH(openat64, (int at, const char *path, int flags, ...), (at, path, flags, mode), path)

int rename(const char *from, const char *to) {
  if (fails_at(CHANGES, from)) return -1;
  return REAL(int (*)(const char *, const char *), "rename")(from, to);
}

int mkdir(const char *path, mode_t mode) {
  if (fails_at(CHANGES, path)) return -1;
  return REAL(int (*)(const char *, mode_t), "mkdir")(path, mode);
}

int unlink(const char *path) {
  if (fails_at(CHANGES, path)) return -1;
  return REAL(int (*)(const char *), "unlink")(path);
}
