import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, type ConnectOptions, type Khlone } from '../../client/index.js';
import { type ZoneSandbox, zoneSandbox } from './zone/sandbox.js';

/** The compiled daemon: end-to-end tests run what is shipped. */
export const daemonProgram = join(import.meta.dirname, '../../dist/daemon/main.js');

/** A fresh zone and the real daemons that ran in it, ended and taken away at the end. */
export class DaemonZone implements AsyncDisposable {
  readonly sandbox: ZoneSandbox = zoneSandbox();
  readonly #clients = new Set<Khlone>();
  readonly #pids = new Set<number>();

  /** The zone's folder. */
  get root(): string {
    return this.sandbox.zone.root;
  }

  /** Connects a client of its own; starts a daemon where none runs. */
  async connect(options: Omit<ConnectOptions, 'zone'> = {}): Promise<Khlone> {
    const { env } = this.sandbox;
    const khlone = await connect({ zone: this.root, env, daemonProgram, ...options });
    this.#clients.add(khlone);
    this.#pids.add(khlone.session.daemon.pid);
    return khlone;
  }

  /** Kills the daemon that a client is connected to, without a chance to tidy up; resolves when it is gone. */
  async kill(khlone: Khlone): Promise<void> {
    const { pid } = khlone.session.daemon;
    process.kill(pid, 'SIGKILL');
    await gone(pid);
  }

  /** Stops the daemon that a client is connected to; resolves when its process is gone. */
  async stop(khlone: Khlone, how: { readonly drain?: boolean } = {}): Promise<void> {
    const { pid } = await khlone.daemon.stop(how);
    await gone(pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A client may have started another daemon since.
    for (const khlone of this.#clients) this.#pids.add(khlone.session.daemon.pid);
    await Promise.all([...this.#clients].map((khlone) => khlone.close()));
    for (const pid of this.#pids) {
      // The same way as `khlone daemon stop`, and no connection can be in the way of it.
      if (isAlive(pid)) process.kill(pid, 'SIGTERM');
      await gone(pid);
    }
    this.sandbox.remove();
  }
}

/** Whether a process exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<void> {
  // A detached process is nobody's child here: its end can only be looked for.
  while (isAlive(pid)) await wait(5);
}
