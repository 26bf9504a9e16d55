import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { Lane } from './lane.js';
import { LaneSource } from './laneSource.js';
import type { SpoolWriter } from './spool.js';
import { files, type HeldSize, tokenBytes } from './wire.js';

/** Most lanes at once, those included that have not said their token; as many as a terminal has viewers, and some. */
const mostLanes = 80;
/** How long a client may take nothing of what waits for it, in ms. */
const defaultStallMs = 30_000;
/** How long clients have to take what is on its way to them when this process ends, in ms. */
const closeMs = 1_000;

/** What lanes belong to. */
export interface LanesParts {
  readonly spool: SpoolWriter;
  readonly stallMs?: number;
  /** False where too much waits for the program. */
  type(data: Buffer): boolean;
  /** The client of this token has read nothing for too long. */
  stalled(token: Buffer): void;
}

/**
 * The lanes of one terminal: clients that come with a token the daemon has given them, on a socket of their own. What
 * they may do, and how long, is the daemon's to say; with its connection they end.
 */
export class Lanes {
  readonly source: LaneSource;
  readonly #parts: LanesParts;
  readonly #stallMs: number;
  /** Rights by token, of those that have not come yet. */
  readonly #granted = new Map<string, number>();
  readonly #lanes = new Set<Lane>();
  /** Tokens whose clients are to come, or to tell the daemon that they have left: those who do neither are let go. */
  readonly #expected = new Map<string, NodeJS.Timeout>();
  #server: Server | undefined;
  /** Hears when the last is gone. */
  #emptied: (() => void) | undefined;

  constructor(parts: LanesParts) {
    this.#parts = parts;
    this.#stallMs = parts.stallMs ?? defaultStallMs;
    this.source = new LaneSource(parts.spool);
  }

  /** `token | u8 rights`. */
  grant(payload: Buffer): void {
    if (this.#granted.size + this.#lanes.size >= mostLanes) return;
    const token = tokenOf(payload);
    this.#granted.set(token, payload[tokenBytes] ?? 0);
    this.#expect(token);
    this.#listen();
  }

  revoke(payload: Buffer): void {
    const token = tokenOf(payload);
    this.#granted.delete(token);
    this.#forget(token);
    for (const lane of this.#lanes) if (lane.token === token) end(lane);
  }

  /** With the daemon's connection. */
  revokeAll(): void {
    for (const token of this.#expected.keys()) this.#forget(token);
    this.#granted.clear();
    // What was handed back as this process ends is on its way.
    if (this.#emptied !== undefined) return;
    for (const lane of this.#lanes) end(lane);
  }

  /** Output, before it is in the spool. */
  push(offset: number, whole: Buffer, bytes: number): void {
    for (const lane of this.#lanes) lane.push(offset, whole, bytes);
  }

  /** Sends what was missed. */
  serve(): void {
    for (const lane of this.#lanes) lane.serve();
  }

  resized(size: HeldSize): void {
    this.source.resized(size);
    this.serve();
  }

  /** Nothing more comes: clients have the rest from the daemon, which tells them how it ended. */
  finish(): void {
    this.source.ended = true;
    this.serve();
  }

  /** Sends all back to the daemon, before this process ends; `done` is called once they have it, or soon. */
  close(done: () => void): void {
    this.#server?.close();
    rmSync(files.lanes, { force: true });
    this.#emptied = done;
    for (const lane of this.#lanes) lane.handBack();
    if (this.#lanes.size === 0) return done();
    setTimeout(done, closeMs);
  }

  #listen(): void {
    if (this.#server !== undefined) return;
    rmSync(files.lanes, { force: true });
    this.#server = createServer((socket) => this.#accept(socket));
    // Clients find nobody there, and go by the daemon.
    this.#server.on('error', () => undefined);
    this.#server.listen(files.lanes);
  }

  #accept(socket: Socket): void {
    if (this.#lanes.size >= mostLanes) {
      socket.destroy();
      return;
    }
    const lane: Lane = new Lane(socket, {
      source: this.source,
      stallMs: this.#stallMs,
      admit: (token) => this.#admit(token),
      type: (data) => this.#parts.type(data),
      stalled: () => this.#parts.stalled(Buffer.from(lane.token, 'latin1')),
      closed: () => {
        this.#lanes.delete(lane);
        if (lane.token !== '') this.#expect(lane.token);
        if (this.#lanes.size === 0) this.#emptied?.();
      },
    });
    this.#lanes.add(lane);
  }

  #admit(token: string): number | undefined {
    const rights = this.#granted.get(token);
    this.#granted.delete(token);
    if (rights !== undefined) this.#forget(token);
    return rights;
  }

  #expect(token: string): void {
    const late = setTimeout(() => {
      this.#expected.delete(token);
      this.#granted.delete(token);
      this.#parts.stalled(Buffer.from(token, 'latin1'));
    }, this.#stallMs);
    this.#expected.set(token, late);
  }

  #forget(token: string): void {
    clearTimeout(this.#expected.get(token));
    this.#expected.delete(token);
  }
}

/** The daemon has taken it back: its client is not expected to say anything any more. */
function end(lane: Lane): void {
  lane.token = '';
  lane.destroy();
}

function tokenOf(payload: Buffer): string {
  return payload.toString('latin1', 0, tokenBytes);
}
