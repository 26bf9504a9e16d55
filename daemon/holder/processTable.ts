import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** One process as the system tells of it. */
export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  readonly startTime: string;
  readonly zombie: boolean;
  /** Memory it has in RAM, in bytes; what it shares with others counts whole. */
  readonly rssBytes: number;
  /** Processor time it has used, in ms. */
  readonly cpuMs: number;
}

/** What the kernel counts in, as it tells every program at its start (AT_PAGESZ, AT_CLKTCK). */
const pageBytes = auxiliary(6) ?? 4096;
const tickMs = 1000 / (auxiliary(17) ?? 100);

function auxiliary(wanted: number): number | undefined {
  try {
    const values = readFileSync('/proc/self/auxv');
    for (let at = 0; at + 16 <= values.length; at += 16)
      if (Number(values.readBigUInt64LE(at)) === wanted) return Number(values.readBigUInt64LE(at + 8));
  } catch {
    // Elsewhere than on Linux.
  }
  return undefined;
}

/** All processes that can be seen. */
export function processTable(): Promise<ProcessRow[]> {
  return process.platform === 'linux' ? tableFromProc() : tableFromPs();
}

/** Those of some processes; what is gone is left out. */
export async function rowsOf(pids: readonly number[]): Promise<ProcessRow[]> {
  const rows = await Promise.all(pids.map(rowFromProc));
  return rows.filter((row) => row !== undefined);
}

async function tableFromProc(): Promise<ProcessRow[]> {
  return rowsOf((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number));
}

async function rowFromProc(pid: number): Promise<ProcessRow | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  if (stat === undefined) return undefined;
  // The command's name may hold spaces and brackets; field 3 follows its last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const number = (field: number): number => Number(fields[field - 3] ?? 0);
  return {
    pid,
    parent: number(4),
    session: number(6),
    startTime: fields[19] ?? '',
    zombie: fields[0] === 'Z' || fields[0] === 'X',
    rssBytes: number(24) * pageBytes,
    cpuMs: (number(14) + number(15)) * tickMs,
  };
}

/** The same through `ps`, for systems without /proc. */
export async function tableFromPs(): Promise<ProcessRow[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,pgid=,state=,rss=,time=,lstart='], {
    maxBuffer: 64 * 1024 * 1024,
    env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' },
  });
  return stdout.split('\n').flatMap((line) => {
    const parts = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line);
    if (!parts) return [];
    const [, pid, parent, group, state = '', rss, time = '', startTime = ''] = parts;
    return {
      pid: Number(pid),
      parent: Number(parent),
      // BSD's ps prints no usable session; see identity.ts.
      session: Number(group),
      startTime,
      zombie: state.startsWith('Z'),
      rssBytes: Number(rss) * 1024,
      cpuMs: cpuMsOf(time),
    };
  });
}

/** `[[dd-]hh:]mm:ss[.cc]` */
function cpuMsOf(time: string): number {
  const [clock = '', days = '0'] = time.split('-').reverse();
  const seconds = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return Math.round((Number(days) * 86_400 + seconds) * 1000);
}

/** A process and all that descend from it, as far as their parents still live. */
export function treeOf(pid: number, table: readonly ProcessRow[]): ProcessRow[] {
  const children = new Map<number, ProcessRow[]>();
  for (const row of table) {
    const siblings = children.get(row.parent);
    if (siblings) siblings.push(row);
    else children.set(row.parent, [row]);
  }
  const found = new Map<number, ProcessRow>();
  const queue = table.filter((row) => row.pid === pid);
  for (let row = queue.shift(); row !== undefined; row = queue.shift()) {
    if (found.has(row.pid)) continue;
    found.set(row.pid, row);
    queue.push(...(children.get(row.pid) ?? []));
  }
  return [...found.values()];
}
