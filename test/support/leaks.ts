import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** One test run: whatever it leaves behind carries one of these two marks. */
export interface TestRun {
  /** Value of `KHLONE_TEST_RUN` in every process that inherits the run's environment. */
  readonly id: string;
  /** The run's own temporary folder; processes started with an environment of their own still point into it. */
  readonly folder: string;
}

/** A process that outlived the run. */
interface Survivor {
  readonly pid: number;
  readonly command: string;
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const link = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};

function ancestors(): Set<number> {
  const found = new Set<number>();
  for (let pid = process.pid; pid > 1 && !found.has(pid);) {
    found.add(pid);
    pid = Number(/^PPid:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
  }
  return found;
}

/** Children of this very process are vitest's own: its workers, its compiler. */
const isOwnChild = (pid: number): boolean =>
  read(`/proc/${pid}/status`).includes(`\nPPid:\t${process.pid}\n`);

/** Processes of the run that still live, apart from vitest itself. Empty where there is no /proc. */
function survivors(run: TestRun): Survivor[] {
  const own = ancestors();
  const found: Survivor[] = [];
  let entries: string[] = [];
  try {
    entries = readdirSync('/proc');
  } catch {
    return found;
  }
  for (const entry of entries) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || own.has(pid) || isOwnChild(pid)) continue;
    const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
    const environment = read(`/proc/${pid}/environ`);
    const marked =
      environment.includes(`KHLONE_TEST_RUN=${run.id}\0`) ||
      [environment, command, link(`/proc/${pid}/cwd`)].some((text) => text.includes(run.folder));
    if (marked) found.push({ pid, command });
  }
  return found;
}

/** What lies in the run's folder: temporary folders and sockets that no test removed. */
function leftovers(run: TestRun): string[] {
  try {
    return readdirSync(run.folder);
  } catch {
    return [];
  }
}

/**
 * Looks for what the run left behind, ends and removes it, and tells.
 * A process that is just ending is given `graceMs` to do so.
 * @throws an error that names every process and folder left behind
 */
export async function expectNoLeaks(run: TestRun, graceMs: number): Promise<void> {
  const deadline = Date.now() + graceMs;
  let alive = survivors(run);
  while (alive.length > 0 && Date.now() < deadline) {
    await wait(50);
    alive = survivors(run);
  }
  for (const { pid } of alive) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended between the look and the signal.
    }
  }
  const left = leftovers(run);
  rmSync(run.folder, { recursive: true, force: true });
  const lines = [
    ...alive.map(({ pid, command }) => `process ${pid}: ${command}`),
    ...left.map((name) => `temporary folder or file: ${name}`),
  ];
  if (lines.length > 0) throw new Error(`The tests left behind:\n  ${lines.join('\n  ')}`);
}
