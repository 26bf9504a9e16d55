import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** How much memory there is for more, and of how much in all. */
export interface MemoryReading {
  readonly availableBytes: number;
  readonly totalBytes: number;
}

/** How long `vm_stat` may take, in ms. */
const toolMs = 5_000;

/**
 * Reads how much memory is left here: that of the machine, or of a cgroup (v2) that the daemon lives in where less is
 * left there. Undefined where the system does not tell.
 */
export async function readMemory(): Promise<MemoryReading | undefined> {
  if (process.platform === 'darwin') return readVmStat();
  return leastOf([readMeminfo('/'), ...readCgroups('/')]);
}

/** What /proc/meminfo says; `root` is where /proc is. */
export function readMeminfo(root: string): MemoryReading | undefined {
  const lines = read(join(root, 'proc/meminfo')) ?? '';
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(lines)?.[1]) * 1024;
  const reading = { availableBytes: bytes('MemAvailable'), totalBytes: bytes('MemTotal') };
  return Number.isNaN(reading.availableBytes + reading.totalBytes) ? undefined : reading;
}

/** What is left in each cgroup with a limit that this process lives in; `root` is where /proc and /sys are. */
export function readCgroups(root: string): MemoryReading[] {
  const own = /^0::(\/.*)$/m.exec(read(join(root, 'proc/self/cgroup')) ?? '')?.[1];
  if (own === undefined) return [];
  const readings: MemoryReading[] = [];
  for (let path = own; ; path = dirname(path)) {
    const folder = join(root, 'sys/fs/cgroup', path);
    const totalBytes = Number.parseInt(read(join(folder, 'memory.max')) ?? '', 10);
    const used = Number.parseInt(read(join(folder, 'memory.current')) ?? '', 10);
    if (!Number.isNaN(totalBytes + used)) {
      // The kernel takes back what it keeps of files before it lets anybody go short.
      const files = Number(/^inactive_file (\d+)$/m.exec(read(join(folder, 'memory.stat')) ?? '')?.[1] ?? 0);
      const availableBytes = Math.min(totalBytes, Math.max(0, totalBytes - used + files));
      readings.push({ availableBytes, totalBytes });
    }
    if (path === '/' || path === '.') return readings;
  }
}

/** What `vm_stat` of macOS prints: pages that are free or that the system can have back at once. */
export function parseVmStat(text: string, totalBytes: number): MemoryReading | undefined {
  const page = Number(/page size of (\d+) bytes/.exec(text)?.[1]);
  const pages = (name: string): number =>
    Number(new RegExp(`^Pages ${name}: +(\\d+)\\.$`, 'm').exec(text)?.[1] ?? 0);
  const availableBytes =
    page * (pages('free') + pages('inactive') + pages('speculative') + pages('purgeable'));
  return Number.isNaN(availableBytes) ? undefined : { availableBytes, totalBytes };
}

/** The one of which the least is left. */
export function leastOf(readings: readonly (MemoryReading | undefined)[]): MemoryReading | undefined {
  return readings.reduce(
    (least, each) => (each && (!least || each.availableBytes < least.availableBytes) ? each : least),
    undefined,
  );
}

async function readVmStat(): Promise<MemoryReading | undefined> {
  try {
    const { stdout } = await promisify(execFile)('/usr/bin/vm_stat', { timeout: toolMs });
    return parseVmStat(stdout, totalmem());
  } catch {
    return undefined;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
