import type { Socket } from 'node:net';
import type { HeldSize, ProcessExit, ProcessIdentity } from './contract.js';
import { channelOffset, frame, FrameReader, takeOffset } from './program/frames.js';
import {
  fromHolder,
  hasLanes,
  type SpawnFailure,
  type SpawnOrder,
  toHolder,
  type Welcome,
} from './program/wire.js';

/** Longest piece of input in one frame, in bytes: a frame reaches the brain as a whole, or not at all. */
const pieceBytes = 8 * 1024 * 1024;

/** What a holder tells of its brain, in order. */
export interface BrainListener {
  output(channel: number, offset: number, chunk: Buffer): void;
  /** How many bytes of input were taken in all. */
  taken(total: number): void;
  /** The process has ended; output may still come. */
  ended(exit: ProcessExit): void;
  /** All output was told. */
  settled(exit: ProcessExit): void;
  /** A client with a lane has read nothing for too long, and was let go. */
  laneStalled?(token: Buffer): void;
  /** The holder is gone, or, if `replaced`, has another daemon now: nothing more comes. */
  lost(replaced: boolean): void;
}

interface Order {
  readonly started: (identity: ProcessIdentity) => void;
  readonly failed: (error: Error) => void;
}

/** A connection to a holder. */
export class HolderLink {
  /** Rejects when it ends before it has said anything. */
  readonly welcome: Promise<Welcome>;
  /** Resolves when it is over. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #greet: (welcome: Welcome) => void = () => undefined;
  #listener: BrainListener | undefined;
  #order: Order | undefined;
  /** What was told before anybody listened. */
  #ended: ProcessExit | undefined;
  #replaced = false;
  #open = true;
  #reason: string | undefined;
  #features = 0;
  readonly #syncs: (() => void)[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    const frames = new FrameReader((type, payload) => this.#hear(type, payload));
    socket.on('data', (chunk: Buffer) => {
      try {
        frames.push(chunk);
      } catch {
        // Not a holder, or one that is out of its mind.
        socket.destroy();
      }
    });
    socket.on('error', ({ message }) => (this.#reason = message));
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    this.welcome = new Promise((resolve, reject) => {
      this.#greet = resolve;
      socket.once('close', () => reject(new Error('the holder has ended')));
    });
    this.welcome.catch(() => undefined);
    socket.once('close', () => this.#lost());
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Whether the holder knows lanes. */
  get hasLanes(): boolean {
    return (this.#features & hasLanes) !== 0;
  }

  /**
   * Has a program started. `make` gets its identity and answers with who listens to it from the first byte on.
   * @throws the system's error when it cannot be started; HolderLost when the holder ends over it
   */
  spawn<T extends BrainListener>(order: SpawnOrder, make: (identity: ProcessIdentity) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.#open) {
        reject(new HolderLost(this.#reason));
        return;
      }
      this.#order = {
        started: (identity) => {
          const listener = make(identity);
          this.#listener = listener;
          resolve(listener);
        },
        failed: reject,
      };
      this.#send(frame(toHolder.spawn, JSON.stringify(order)));
    });
  }

  /** Listens to a brain that runs already; its output comes once it is read. */
  attach(listener: BrainListener): void {
    this.#listener = listener;
    if (this.#ended !== undefined) listener.ended(this.#ended);
    if (!this.#open) listener.lost(this.#replaced);
  }

  /** Asks for a channel's output from there on; beyond its end means from its end. */
  read(channel: number, offset: number): void {
    this.#send(frame(toHolder.read, channelOffset(channel, offset)));
  }

  input(data: Buffer): void {
    for (let at = 0; at < data.length; at += pieceBytes)
      this.#send(frame(toHolder.input, data.subarray(at, at + pieceBytes)));
  }

  endInput(): void {
    this.#send(frame(toHolder.endInput));
  }

  resize({ cols, rows }: HeldSize): void {
    const payload = Buffer.allocUnsafe(4);
    payload.writeUInt16BE(cols, 0);
    payload.writeUInt16BE(rows, 2);
    this.#send(frame(toHolder.resize, payload));
  }

  consumed(channel: number, offset: number): void {
    this.#send(frame(toHolder.consumed, channelOffset(channel, offset)));
  }

  /** Lets one client come with this token. */
  grantLane(token: Buffer, rights: number): void {
    this.#send(frame(toHolder.grantLane, Buffer.concat([token, Buffer.of(rights)])));
  }

  revokeLane(token: Buffer): void {
    this.#send(frame(toHolder.revokeLane, token));
  }

  /** Says whether output is wanted at once. */
  pace(hurried: boolean): void {
    this.#send(frame(toHolder.pace, Buffer.of(hurried ? 1 : 0)));
  }

  /** Resolves once the holder has done what it was told, and all it had put out by then was heard; or is gone. */
  sync(): Promise<void> {
    if (!this.#open) return Promise.resolve();
    this.#send(frame(toHolder.sync, Buffer.alloc(4)));
    return new Promise((resolve) => this.#syncs.push(resolve));
  }

  /** Tells a holder whose brain has ended, or that has none, that it may end. */
  collect(): void {
    this.#send(frame(toHolder.collect));
  }

  end(): void {
    this.#socket.destroy();
  }

  #send(data: Buffer): void {
    if (this.#socket.writable) this.#socket.write(data);
  }

  #hear(type: number, payload: Buffer): void {
    switch (type) {
      case fromHolder.output:
        this.#listener?.output(payload[0] ?? 0, takeOffset(payload, 1), payload.subarray(9));
        return;
      case fromHolder.taken:
        this.#listener?.taken(takeOffset(payload, 0));
        return;
      case fromHolder.welcome: {
        const welcome = parse<Welcome>(payload);
        this.#features = welcome.features;
        this.#greet(welcome);
        return;
      }
      case fromHolder.synced:
        this.#syncs.shift()?.();
        return;
      case fromHolder.laneStalled:
        this.#listener?.laneStalled?.(payload);
        return;
      case fromHolder.started:
        this.#order?.started(parse<ProcessIdentity>(payload));
        this.#order = undefined;
        return;
      case fromHolder.failed: {
        const { code, message } = parse<SpawnFailure>(payload);
        this.#order?.failed(Object.assign(new Error(message), { code }));
        this.#order = undefined;
        return;
      }
      case fromHolder.ended:
        this.#ended = parse<ProcessExit>(payload);
        this.#listener?.ended(this.#ended);
        return;
      case fromHolder.exited:
        this.#listener?.settled(parse<ProcessExit>(payload));
        return;
      case fromHolder.replaced:
        this.#replaced = true;
    }
  }

  #lost(): void {
    this.#open = false;
    for (const synced of this.#syncs.splice(0)) synced();
    this.#order?.failed(new HolderLost(this.#reason));
    this.#order = undefined;
    this.#listener?.lost(this.#replaced);
  }
}

/** A holder ended over an order. */
export class HolderLost extends Error {
  constructor(reason = 'it ended') {
    super(`the holder did not start the program: ${reason}`);
  }
}

function parse<T>(payload: Buffer): T {
  return JSON.parse(payload.toString()) as T;
}
