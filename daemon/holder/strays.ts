import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ProcessIdentity } from './contract.js';
import { processTable, treeOf } from './processTable.js';
import { bootId, isRunning, processFacts } from './program/identity.js';
import { runMarker } from './program/wire.js';

/** A process that belongs to a run, with the start time it had when it was found. */
export interface Stray {
  readonly pid: number;
  readonly startTime: string;
}

/**
 * Finds what still runs of the given runs: by the marker in the environment, and by the session the
 * run's first process led. Zombies do not count.
 */
export async function findStrays(runs: readonly ProcessIdentity[]): Promise<Stray[]> {
  const ours = runs.filter((run) => run.bootId === bootId());
  if (ours.length === 0) return [];
  const markers = ours.map((run) => `${runMarker}=${run.run}`);
  const carriers = await (process.platform === 'linux' ? carriersFromProc(markers) : carriersFromPs(markers));
  const sessions = new Set<number>();
  for (const run of ours) {
    const leader = processFacts(run.pid);
    // A number in use as a session is not given out again, so a free slot means that the session is still this run's.
    if (leader === undefined || leader.startTime === run.startTime) sessions.add(run.pid);
  }
  const strays: Stray[] = [];
  for (const { pid, marked } of carriers) {
    if (pid === process.pid) continue;
    const facts = processFacts(pid);
    if (facts === undefined || facts.zombie) continue;
    if (marked || sessions.has(facts.session)) strays.push({ pid, startTime: facts.startTime });
  }
  return strays;
}

/**
 * All that descends from the runs now, by whose child it is: also what threw the marker away and left the session, as
 * long as those between still live. To be asked while the run's first process lives.
 */
export async function findKin(runs: readonly ProcessIdentity[]): Promise<Stray[]> {
  const living = runs.filter(isRunning);
  if (living.length === 0) return [];
  const table = await processTable();
  return living.flatMap((run) => treeOf(run.pid, table)).filter(({ pid }) => pid !== process.pid);
}

interface Candidate {
  readonly pid: number;
  readonly marked: boolean;
}

async function carriersFromProc(markers: readonly string[]): Promise<Candidate[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  return Promise.all(
    pids.map(async (pid) => {
      // Processes of other users cannot be read, and are not ours.
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      const entries = environment === '' ? [] : environment.split('\0');
      return { pid, marked: entries.some((entry) => markers.includes(entry)) };
    }),
  );
}

/** The same through `ps`, which prints the environment after the command; for systems without /proc. */
export async function carriersFromPs(markers: readonly string[]): Promise<Candidate[]> {
  const { stdout } = await promisify(execFile)('ps', ['axeww', '-o', 'pid=,command='], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.split('\n').flatMap((line) => {
    const parts = /^\s*(\d+)\s(.*)$/.exec(line);
    if (!parts) return [];
    const words = (parts[2] ?? '').split(' ');
    return [{ pid: Number(parts[1]), marked: words.some((word) => markers.includes(word)) }];
  });
}
