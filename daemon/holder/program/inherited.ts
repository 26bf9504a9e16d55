import { closeSync, readdirSync, readFileSync } from 'node:fs';

/** O_CLOEXEC as /proc/PID/fdinfo prints it, in octal. */
const closeOnExec = 0o2000000;

/**
 * Closes what came along from whoever started this process: a shell's extra pipe, a job server's, a log. A process
 * that kept them would keep their readers waiting for an end that never comes. Node opens all of its own to be
 * closed on exec, so what is not was inherited. Call it first of all; elsewhere than on Linux it does nothing.
 */
export function closeInherited(keep: ReadonlySet<number>): void {
  for (const fd of descriptors()) {
    if (keep.has(fd) || flagsOf(fd) & closeOnExec) continue;
    try {
      closeSync(fd);
    } catch {
      // It was the one by which the folder was read.
    }
  }
}

function descriptors(): number[] {
  try {
    return readdirSync('/proc/self/fdinfo').map(Number);
  } catch {
    return [];
  }
}

/** The flags of a descriptor; those of one that is gone are such that it is left alone. */
function flagsOf(fd: number): number {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
    return flags === undefined ? closeOnExec : Number.parseInt(flags, 8);
  } catch {
    return closeOnExec;
  }
}
