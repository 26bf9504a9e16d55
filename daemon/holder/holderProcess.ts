import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect, Socket } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessIdentity } from './contract.js';
import { HolderLink } from './holderLink.js';
import { isRunning } from './program/identity.js';
import { type BrainFile, files, type Welcome } from './program/wire.js';

/** Longest path that a socket's address holds everywhere, in bytes; a longer one is silently cut. */
export const pathLimit = 100;

/** Between two looks at a process that is not our child, in ms. */
const pollMs = 20;

/** How long a holder may take to end that was told to, in ms. */
const endMs = 2_000;

/** A holder's process as the daemon knows it. */
export interface HolderProcess {
  /** Names the holder's folder, and the run of its brain. */
  readonly run: string;
  readonly folder: string;
  readonly link: HolderLink;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
  /** Ends the process at once; its brain loses its pipes or its terminal. */
  kill(): void;
}

/** Names of holders' folders; others lie beside them. */
export const runPattern = /^[0-9a-f]{16}$/;

/** Starts a holder in a folder of its own below `root`. @throws the system's error */
export function startHolder(root: string, program: string): HolderProcess {
  const run = randomBytes(8).toString('hex');
  const folder = join(root, run);
  mkdirSync(folder, { mode: 0o700 });
  const child = spawn(process.execPath, [program, folder], {
    cwd: '/',
    // Nothing of ours is its business.
    env: {},
    // It outlives us, and no signal to our group reaches it.
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  // Out of descriptors, Node gives a child without streams, and an error event.
  const socket = ((child.stdio as ChildProcess['stdio'] | undefined)?.[3] ?? new Socket()) as Socket;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      socket.destroy(error);
      resolve();
    });
  });
  child.unref();
  return { run, folder, link: new HolderLink(socket), gone, kill: () => void child.kill('SIGKILL') };
}

/** Connects to the holder that works in a folder. Rejects when none answers. */
export async function findHolder(folder: string): Promise<HolderProcess & { readonly found: Welcome }> {
  const link = new HolderLink(dial(folder));
  const found = await link.welcome;
  const identity = found.brain?.holder;
  return {
    run: basename(folder),
    folder,
    link,
    found,
    gone: identity === undefined ? link.closed : untilGone(identity),
    kill() {
      if (identity !== undefined) killHolder(identity);
    },
  };
}

/** A holder that is gone, by what it wrote down. */
export function goneHolder(folder: string, { holder }: BrainFile): HolderProcess {
  const socket = new Socket();
  socket.destroy();
  return {
    run: basename(folder),
    folder,
    link: new HolderLink(socket),
    gone: untilGone(holder),
    kill: () => killHolder(holder),
  };
}

/** Ends a holder by what is written of it. */
export function killHolder(identity: ProcessIdentity): void {
  try {
    if (isRunning(identity)) process.kill(identity.pid, 'SIGKILL');
  } catch {
    // It ended in between, which is what was wanted.
  }
}

/** Waits for a holder that was told to end, and takes its folder away where nothing of it is kept. */
export async function partFrom(holder: HolderProcess, keep: boolean): Promise<void> {
  const late = setTimeout(() => holder.kill(), endMs);
  await holder.gone;
  clearTimeout(late);
  holder.link.end();
  if (!keep) await rm(holder.folder, { recursive: true, force: true });
}

async function untilGone(identity: ProcessIdentity): Promise<void> {
  while (isRunning(identity)) await sleep(pollMs);
}

/** An address too long is reached from within its folder: connecting takes its address before the call returns. */
function dial(folder: string): Socket {
  const path = join(folder, files.socket);
  if (Buffer.byteLength(path) <= pathLimit) return connect(path);
  const before = process.cwd();
  process.chdir(folder);
  try {
    return connect(files.socket);
  } finally {
    process.chdir(before);
  }
}
