import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { readFileSync, readlinkSync } from 'node:fs';
import { basename, delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import type { HeldProgram, ProcessIdentity } from './contract.js';
import { type ProcessRow, processTable, treeOf } from './processTable.js';
import { isRunning } from './program/identity.js';

const program = 'bwrap';
/** It starts in some 10 ms; a machine under load takes longer. */
const tryMs = 10_000;

/**
 * Everything stays as it is but for the pids. Root keeps its rights; nobody else has any to keep. The namespace ends
 * with its first process, and that with this one.
 */
const flags = (): string[] => [
  ...['--dev-bind', '/', '/', '--unshare-pid', '--proc', '/proc', '--die-with-parent'],
  ...(process.getuid?.() === 0 ? ['--cap-add', 'ALL'] : []),
  '--',
];

let found: Promise<string | undefined> | undefined;

/** The path of a bubblewrap that can make PID namespaces here; looked for once. */
export function bubblewrap(path = process.env['PATH'] ?? ''): Promise<string | undefined> {
  return (found ??= find(path));
}

async function find(path: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  for (const folder of new Set([...path.split(delimiter).filter(isAbsolute), '/usr/bin', '/bin'])) {
    const file = join(folder, program);
    try {
      await access(file, constants.X_OK);
      // It may be there and not be allowed to.
      await promisify(execFile)(file, [...flags(), '/bin/sh', '-c', 'exit 0'], { timeout: tryMs });
      return file;
    } catch {
      // The next one may.
    }
  }
  return undefined;
}

/** A program as it is started in a PID namespace of its own. */
export function inNamespace(
  wrapper: string,
  { program: file, args }: Pick<HeldProgram, 'program' | 'args'>,
): Pick<HeldProgram, 'program' | 'args'> {
  return { program: wrapper, args: [...flags(), file, ...args] };
}

/**
 * What is to be asked to end where the run's first process is but the wrapper of a namespace: all within it. A signal to
 * the wrapper ends everything at once, without a chance to end in order. Undefined where the first process is the brain.
 */
export async function insideOf(run: ProcessIdentity): Promise<ProcessRow[] | undefined> {
  if (!isWrapper(run)) return undefined;
  const tree = treeOf(run.pid, await processTable());
  return tree.filter(({ pid, zombie }) => pid !== run.pid && !zombie && !isFirst(pid));
}

function isWrapper(run: ProcessIdentity): boolean {
  try {
    return basename(readlinkSync(`/proc/${run.pid}/exe`)) === program && isRunning(run);
  } catch {
    return false;
  }
}

/** Whether a process is the first one of a namespace, which is the wrapper's as well. */
function isFirst(pid: number): boolean {
  try {
    return /^NSpid:(\s+\d+)+\s+1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}
