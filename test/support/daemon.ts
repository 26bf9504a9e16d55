import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { locateZone } from '../../client/autostart.js';
import { connect, type ConnectOptions, type Khlone } from '../../client/index.js';
import { parseZoneInfo, type ZonePaths } from '../../protocol/zone.js';
import { holderProgram, olderHolderProgram } from './holders.js';
import { type FoundProcess, goneWithin, isAlive, processesNaming } from './processes.js';
import { type ZoneSandbox, zoneSandbox } from './zone/sandbox.js';

/** The compiled daemon: end-to-end tests run what is shipped. */
export const daemonProgram = join(import.meta.dirname, '../../dist/daemon/main.js');

/** A daemon whose asks have no sandbox. */
export const bareDaemonProgram = join(import.meta.dirname, 'bareDaemon.mjs');

/** A daemon whose holders are of the first release. */
export const olderDaemonProgram = join(import.meta.dirname, 'olderDaemon.mjs');

/** Longest time a daemon takes to end in good order on a busy machine, in ms. */
const endMs = 30_000;

/** A fresh zone and the real daemons that ran in it, ended and taken away at the end with all they started. */
export class DaemonZone implements AsyncDisposable {
  readonly sandbox: ZoneSandbox = zoneSandbox();
  readonly #clients = new Set<Khlone>();
  readonly #pids = new Set<number>();

  /** The zone's folder. */
  get root(): string {
    return this.sandbox.zone.root;
  }

  get paths(): ZonePaths {
    return locateZone(this.root, this.sandbox.env).paths;
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
    await goneWithin(pid, endMs);
  }

  /** Kills all there is, holders and brains with their daemon, as the end of the machine does; resolves when it is gone. */
  async crash(khlone: Khlone): Promise<void> {
    const daemon = khlone.session.daemon.pid;
    const all = [daemon, ...this.processes().flatMap(({ pid }) => (pid === daemon ? [] : [pid]))];
    // At once: a client that stays may start another daemon any moment.
    for (const pid of all) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    for (const pid of all) await goneWithin(pid, endMs);
  }

  /** Stops the daemon that a client is connected to; resolves when its process is gone. */
  async stop(khlone: Khlone, how: { readonly drain?: boolean } = {}): Promise<void> {
    const { pid } = await khlone.daemon.stop(how);
    await goneWithin(pid, endMs);
  }

  /** Processes of this zone: its daemon, holders, brains and whatever they started. */
  processes(): FoundProcess[] {
    return processesNaming(this.sandbox.folder);
  }

  /** Those of them that run under a holder. */
  brains(): FoundProcess[] {
    const all = this.processes();
    const isHolder = ({ command }: FoundProcess): boolean =>
      command.includes(holderProgram) || command.includes(olderHolderProgram);
    const holders = new Set(all.filter(isHolder).map(({ pid }) => pid));
    return all.filter(({ parent }) => holders.has(parent));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    this.sandbox.remove();
  }

  /** Ends all that runs; the folders stay. */
  async end(): Promise<void> {
    // A client may have started another daemon since.
    for (const khlone of this.#clients) this.#pids.add(khlone.session.daemon.pid);
    await Promise.all([...this.#clients].map((khlone) => khlone.close()));
    const last = this.#announcedPid();
    if (last !== undefined) this.#pids.add(last);
    for (const pid of this.#pids) {
      // The same way as `khlone daemon stop`, and no connection can be in the way of it.
      if (isAlive(pid)) process.kill(pid, 'SIGTERM');
      await goneWithin(pid, endMs);
    }
    await this.#endRest();
  }

  /** Brains of a daemon that was killed, and had no successor to end them. */
  async #endRest(): Promise<void> {
    for (let left = this.processes(); left.length > 0; left = this.processes()) {
      for (const { pid } of left) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
      await wait(10);
    }
  }

  /** The daemon that said it owns the zone, if it still runs: one may have been started by a call that got no answer. */
  #announcedPid(): number | undefined {
    try {
      const pid = parseZoneInfo(readFileSync(this.paths.info, 'utf8'))?.pid;
      return this.processes().find((found) => found.pid === pid)?.pid;
    } catch {
      return undefined;
    }
  }
}
