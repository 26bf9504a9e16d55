import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessIdentity } from './contract.js';
import { processFacts } from './program/identity.js';
import { killCgroup } from './program/place.js';

/** Between two looks at a cgroup that is being emptied, in ms. */
const pollMs = 5;
/** How long the kernel may take to empty one, in ms: a process in the middle of a slow system call ends after it. */
const emptyMs = 10_000;

/** The cgroup of a run, below a folder where this user may make some. */
export function cgroupOf(parent: string, run: string): string {
  return join(parent, `khlone-${run}`);
}

/** Makes the cgroup of a run. @throws the system's error */
export function makeCgroup(parent: string, run: string): string {
  const folder = cgroupOf(parent, run);
  mkdirSync(folder);
  return folder;
}

/** The cgroup that an identity names, if it is one of ours: a file that was damaged must not have others ended. */
export function ownCgroup({ cgroup, run }: ProcessIdentity): string | undefined {
  return cgroup !== undefined && basename(cgroup) === `khlone-${run}` ? cgroup : undefined;
}

/** Pids of all that runs in a cgroup and those below it; none where it is gone. */
export function processesIn(folder: string): number[] {
  const own = readLines(join(folder, 'cgroup.procs')).map(Number);
  return [...own, ...foldersIn(folder).flatMap(processesIn)];
}

/**
 * Ends all that is in a cgroup, and takes it away. The kernel does it by the cgroup and not by pids, so that nothing
 * escapes by forking, and nothing else is ever hit. Resolves with how many there were.
 */
export async function endCgroup(folder: string): Promise<number> {
  const found = new Set(processesIn(folder));
  const until = performance.now() + emptyMs;
  while (isPopulated(folder) && performance.now() < until) {
    try {
      killCgroup(folder);
    } catch {
      killOneByOne(folder);
    }
    await sleep(pollMs);
  }
  removeCgroup(folder);
  return found.size;
}

/** Takes an empty cgroup away, with those that were made in it. */
export function removeCgroup(folder: string): void {
  for (const below of foldersIn(folder)) removeCgroup(below);
  try {
    rmdirSync(folder);
  } catch {
    // It is gone, or is not empty: a later daemon ends what is in it.
  }
}

/** Empty for so long, in ms, a cgroup is nobody's: its daemon was killed, and its zone is gone. */
const forgottenMs = 10 * 60 * 1000;

/** Takes away what killed daemons have left of ours, here and there. */
export function removeForgotten(parents: readonly string[], now = Date.now()): void {
  for (const folder of parents.flatMap(foldersIn)) {
    if (!/^khlone-(probe-)?[0-9a-f]{16}$/.test(basename(folder)) || isPopulated(folder)) continue;
    const made = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? now;
    if (now - made > forgottenMs) removeCgroup(folder);
  }
}

/** How often the kernel ended something there because its memory was used up. */
export function memoryKills(folder: string): number {
  const line = readLines(join(folder, 'memory.events')).find((each) => each.startsWith('oom_kill '));
  return Number(line?.split(' ')[1] ?? 0);
}

/** Bounds a cgroup. @throws the system's error */
export function boundMemory(folder: string, bytes: number): void {
  writeFileSync(join(folder, 'memory.max'), String(bytes));
  // All of it or nothing: half a brain is of no use.
  writeFileSync(join(folder, 'memory.oom.group'), '1');
  try {
    writeFileSync(join(folder, 'memory.swap.max'), '0');
  } catch {
    // There is no swap to account for.
  }
}

/** Period over which processor time is measured out, in microseconds. */
const periodUs = 100_000;

/** Bounds a cgroup to so many processors' time. @throws the system's error */
export function boundCpus(folder: string, cpus: number): void {
  writeFileSync(join(folder, 'cpu.max'), `${Math.max(1000, Math.round(cpus * periodUs))} ${periodUs}`);
}

function isPopulated(folder: string): boolean {
  return readLines(join(folder, 'cgroup.events')).includes('populated 1');
}

/** Before Linux 5.14. */
function killOneByOne(folder: string): void {
  for (const pid of processesIn(folder)) {
    const before = processFacts(pid);
    // Read after its start time: whoever has that, and is in there, is the one to be ended.
    const inside = readLines(`/proc/${pid}/cgroup`).some((line) => line.includes(`/${basename(folder)}`));
    if (!inside || before === undefined || processFacts(pid)?.startTime !== before.startTime) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended in between, which is what was wanted.
    }
  }
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name));
  } catch {
    return [];
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}
