import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Brain, BrainSink } from './brain.js';
import { frame, FrameReader, putOffset, takeOffset } from './frames.js';
import { identify, isRunning } from './identity.js';
import { Lanes } from './lanes.js';
import { Outlet, type OutletReader } from './outlet.js';
import { killCgroup, placedIn } from './place.js';
import { startPiped } from './pipes.js';
import { startInTerminal } from './terminal.js';
import {
  type BrainFile,
  errorChannel,
  type ExitFile,
  features,
  files,
  fromHolder,
  type HeldSize,
  mainChannel,
  type ProcessExit,
  protocolVersion,
  type SpawnFailure,
  type SpawnOrder,
  toHolder,
  type Welcome,
} from './wire.js';

/** How long a brain may take over SIGTERM when nobody has asked for it any more, in ms. */
const graceMs = 5_000;

/** How long the next daemon waits for what the one before has sent, in ms: what a dead one sent is read to its end. */
const partingMs = 500;

/** How this holder is started. */
export interface HostOptions {
  /** Names it, its folder and what its brain starts. */
  readonly run: string;
  /** How long it waits for a daemon, in ms: then it ends its brain, or itself where that has ended. */
  readonly lonelyMs: number;
}

type Phase = 'empty' | 'starting' | 'running' | 'ended' | 'exited';

/** One brain and everything of it: its output, its end, and the daemon's connection, one at a time. */
export class Host {
  readonly #options: HostOptions;
  #phase: Phase = 'empty';
  #file: BrainFile | undefined;
  #brain: Brain | undefined;
  #size: HeldSize | undefined;
  #outlets: readonly Outlet[] = [];
  #lanes: Lanes | undefined;
  #taken = 0;
  #received = 0;
  #exit: ProcessExit = { code: null, signal: null };
  #link: Link | undefined;
  /** Comes after the one there is. */
  #next: Link | undefined;
  #lonely: NodeJS.Timeout | undefined;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  /** Takes a daemon's connection. The one before is read to its end first, and gets no more. */
  accept(socket: Socket): void {
    clearTimeout(this.#lonely);
    const link = new Link(socket, {
      frame: (type, payload) => this.#obey(type, payload, link),
      drained: () => this.#serve(),
      closed: () => {
        if (this.#link === link) this.#follow();
        else if (this.#next === link) this.#next = undefined;
      },
    });
    const before = this.#link;
    if (before === undefined) return this.#greet(link);
    this.#leave();
    this.#next?.end();
    this.#next = link;
    setTimeout(() => {
      if (this.#link !== before) return;
      before.send(frame(fromHolder.replaced));
      before.end();
      this.#follow();
    }, partingMs);
  }

  /** The connection there was is over: the next one's turn. */
  #follow(): void {
    this.#leave();
    const next = this.#next;
    this.#next = undefined;
    if (next) this.#greet(next);
    else this.#lost();
  }

  #greet(link: Link): void {
    this.#link = link;
    link.send(frame(fromHolder.welcome, JSON.stringify(this.#welcome())));
    if (this.#phase === 'ended' || this.#phase === 'exited') this.#tell(fromHolder.ended, this.#exit);
    if (this.#phase === 'exited') this.#serve();
  }

  #welcome(): Welcome {
    const state = this.#phase === 'empty' || this.#phase === 'running' ? this.#phase : 'ended';
    return {
      version: protocolVersion,
      features,
      state: this.#phase === 'starting' ? 'empty' : state,
      ...(this.#file && { brain: this.#file }),
      ...(this.#size && { size: this.#size }),
      spools: this.#outlets.map(({ spool: { start, end } }) => ({ start, end })),
      taken: this.#taken,
      received: this.#received,
    };
  }

  #obey(type: number, payload: Buffer, link: Link): void {
    if (link !== this.#link) return;
    const outlet = this.#outlets[payload[0] ?? 0];
    switch (type) {
      case toHolder.spawn:
        if (this.#phase === 'empty') void this.#spawn(JSON.parse(payload.toString()) as SpawnOrder);
        return;
      case toHolder.read:
        outlet?.read(takeOffset(payload, 1), link);
        return this.#serve();
      case toHolder.input:
        this.#received += payload.length;
        return this.#brain?.input(payload);
      case toHolder.endInput:
        return this.#brain?.endInput();
      case toHolder.resize:
        return this.#resize({ cols: payload.readUInt16BE(0), rows: payload.readUInt16BE(2) });
      case toHolder.consumed:
        outlet?.consumed(takeOffset(payload, 1));
        return this.#flow();
      case toHolder.collect:
        if (this.#phase === 'empty' || this.#phase === 'exited') this.#end();
        return;
      case toHolder.grantLane:
        return this.#lanes?.grant(payload);
      case toHolder.revokeLane:
        return this.#lanes?.revoke(payload);
      case toHolder.sync:
        return this.#sync(payload, link);
      case toHolder.pace:
        for (const each of this.#outlets) each.hurried = payload[0] !== 0;
        return this.#serve();
    }
  }

  async #spawn(order: SpawnOrder): Promise<void> {
    this.#phase = 'starting';
    const { run } = this.#options;
    const sink: BrainSink = {
      output: (channel, chunk) => {
        this.#outlets[channel]?.push(chunk);
        this.#flow();
      },
      taken: (total) => {
        this.#taken = total;
        const payload = Buffer.allocUnsafe(8);
        putOffset(payload, 0, total);
        this.#link?.send(frame(fromHolder.taken, payload));
      },
      ended: (exit) => {
        if (this.#phase === 'empty') return;
        this.#phase = 'ended';
        this.#exit = exit;
        this.#tell(fromHolder.ended, exit);
      },
      drained: () => this.#drained(),
    };
    const { size } = order;
    try {
      this.#outlets = size
        ? [new Outlet(mainChannel, size)]
        : [new Outlet(mainChannel), new Outlet(errorChannel)];
      const { started, placed } = placedIn(order.cgroup, () =>
        underUmask(order.umask, () =>
          size ? startInTerminal({ ...order, size }, run, sink) : startPiped(order, run, sink),
        ),
      );
      const brain = await started;
      const cgroup = placed ? order.cgroup?.folder : undefined;
      this.#brain = cgroup === undefined ? brain : { ...brain, identity: { ...brain.identity, cgroup } };
      this.#size = size;
      if (size) this.#openLanes();
      this.#file = this.#record(order, this.#brain);
    } catch (error) {
      this.#failed(error as NodeJS.ErrnoException);
      return;
    }
    // It may have ended while it was still being started.
    if (this.#phase === 'starting') this.#phase = 'running';
    const { identity } = this.#brain;
    this.#tell(fromHolder.started, identity);
    if (this.#link !== undefined) for (const outlet of this.#outlets) outlet.read(0, this.#link);
    if (this.#phase === 'running') return;
    this.#tell(fromHolder.ended, this.#exit);
    this.#serve();
  }

  #openLanes(): void {
    const [outlet] = this.#outlets;
    if (outlet === undefined) return;
    this.#lanes = new Lanes({
      spool: outlet.spool,
      type: (data) => this.#brain?.typed(data) ?? true,
      stalled: (token) => this.#link?.send(frame(fromHolder.laneStalled, token)),
    });
    outlet.lanes = this.#lanes;
  }

  /** Answers once the daemon has all that was put out by now. */
  #sync(payload: Buffer, link: Link): void {
    const answer = frame(fromHolder.synced, payload);
    const [outlet] = this.#outlets;
    if (outlet === undefined) return link.send(answer);
    outlet.afterwards(() => link.send(answer));
  }

  /** Writes down whose brain runs here, before it is said to run. */
  #record({ tag, size }: SpawnOrder, { identity }: Brain): BrainFile {
    const holder = identify(process.pid, identity.run) ?? identity;
    const kind = size ? 'terminal' : 'pipes';
    const startedAt = new Date().toISOString();
    const file = { version: protocolVersion, kind, tag, holder, brain: identity, startedAt } as const;
    const whole = size ? { ...file, size } : file;
    save(files.brain, whole);
    return whole;
  }

  #failed({ code, message }: NodeJS.ErrnoException): void {
    // One that runs and cannot be recorded would never be found again.
    this.#signal('SIGKILL');
    this.#phase = 'empty';
    this.#brain = undefined;
    this.#outlets = [];
    this.#tell(fromHolder.failed, { code: code ?? 'UNKNOWN', message } satisfies SpawnFailure);
  }

  #resize(size: HeldSize): void {
    if (this.#size === undefined || size.cols < 1 || size.rows < 1) return;
    this.#size = size;
    this.#outlets[mainChannel]?.spool.resize(size);
    this.#lanes?.resized(size);
    this.#brain?.resize(size);
  }

  #drained(): void {
    if (this.#phase === 'empty') return;
    this.#phase = 'exited';
    try {
      save(files.exit, { ...this.#exit, at: new Date().toISOString() } satisfies ExitFile);
    } catch {
      // Whoever is connected hears it all the same.
    }
    this.#lanes?.finish();
    this.#serve();
  }

  /** Brings the reader up to date, and tells it the end once it is. */
  #serve(): void {
    for (const outlet of this.#outlets) outlet.serve();
    if (this.#phase !== 'exited' || this.#link === undefined || this.#link.told) return;
    if (!this.#outlets.every(({ served }) => served)) return;
    this.#link.told = true;
    this.#tell(fromHolder.exited, this.#exit);
  }

  #flow(): void {
    this.#outlets.forEach(({ roomy }, channel) => this.#brain?.flow(channel, roomy));
  }

  #tell(type: number, value: object): void {
    this.#link?.send(frame(type, JSON.stringify(value)));
  }

  #leave(): void {
    this.#lanes?.revokeAll();
    for (const outlet of this.#outlets) outlet.leave();
  }

  /** The daemon is gone: a brain lives on without it, and a spare has nothing to live for. */
  #lost(): void {
    this.#link = undefined;
    this.#leave();
    if (this.#phase === 'empty') this.#end();
    else this.#wait();
  }

  #wait(): void {
    this.#lonely = setTimeout(() => {
      if (this.#phase === 'exited') return this.#end();
      this.#signal('SIGTERM');
      setTimeout(() => this.#killAll(), graceMs);
      this.#wait();
    }, this.#options.lonelyMs);
  }

  #signal(signal: NodeJS.Signals): void {
    const identity = this.#brain?.identity;
    if (identity === undefined || !isRunning(identity)) return;
    try {
      process.kill(-identity.pid, signal);
    } catch {
      // It ended in between, which is what was wanted.
    }
  }

  #killAll(): void {
    this.#signal('SIGKILL');
    const cgroup = this.#brain?.identity.cgroup;
    if (cgroup === undefined) return;
    try {
      killCgroup(cgroup);
    } catch {
      // It was taken away, or a kernel before 5.14: the next daemon sees to what is left.
    }
  }

  #end(): void {
    this.#link?.end();
    rmSync(files.socket, { force: true });
    if (this.#lanes === undefined) process.exit(0);
    this.#lanes.close(() => process.exit(0));
  }
}

/** Starts something that inherits another umask than this process's. */
function underUmask<T>(umask: number, start: () => T): T {
  const own = process.umask(umask);
  try {
    return start();
  } finally {
    process.umask(own);
  }
}

/** Writes a file that is there whole or not at all. */
function save(name: string, value: object): void {
  writeFileSync(`${name}.new`, JSON.stringify(value));
  renameSync(`${name}.new`, name);
}

interface LinkSink {
  frame(type: number, payload: Buffer): void;
  drained(): void;
  closed(): void;
}

/** The connection of one daemon. */
class Link implements OutletReader {
  /** Whether it has been told of the exit. */
  told = false;
  readonly #socket: Socket;

  constructor(socket: Socket, sink: LinkSink) {
    this.#socket = socket;
    const frames = new FrameReader((type, payload) => sink.frame(type, payload));
    socket.on('data', (chunk: Buffer) => {
      try {
        frames.push(chunk);
      } catch {
        // It does not speak this protocol.
        socket.destroy();
      }
    });
    socket.on('drain', () => sink.drained());
    socket.on('error', () => undefined);
    socket.on('close', () => sink.closed());
  }

  pressed(): boolean {
    return this.#socket.writableLength >= this.#socket.writableHighWaterMark;
  }

  send(data: Buffer): void {
    if (this.#socket.writable) this.#socket.write(data);
  }

  end(): void {
    this.#socket.destroySoon();
  }
}
