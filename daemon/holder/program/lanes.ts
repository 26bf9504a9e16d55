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
  /** Rights by token, of those that have not come yet. */
  readonly #granted = new Map<string, number>();
  readonly #lanes = new Set<Lane>();
  #server: Server | undefined;
  /** Hears when the last is gone. */
  #emptied: (() => void) | undefined;

  constructor(parts: LanesParts) {
    this.#parts = parts;
    this.source = new LaneSource(parts.spool);
  }

  /** `token | u8 rights`. */
  grant(payload: Buffer): void {
    if (this.#granted.size + this.#lanes.size >= mostLanes) return;
    this.#granted.set(tokenOf(payload), payload[tokenBytes] ?? 0);
    this.#listen();
  }

  revoke(payload: Buffer): void {
    const token = tokenOf(payload);
    this.#granted.delete(token);
    for (const lane of this.#lanes) if (lane.token === token) lane.destroy();
  }

  revokeAll(): void {
    this.#granted.clear();
    for (const lane of this.#lanes) lane.destroy();
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
    for (const lane of this.#lanes) lane.handBack();
    if (this.#lanes.size === 0) return done();
    setTimeout(done, closeMs);
    this.#emptied = done;
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
      stallMs: this.#parts.stallMs ?? defaultStallMs,
      admit: (token) => this.#admit(token),
      type: (data) => this.#parts.type(data),
      stalled: () => this.#parts.stalled(Buffer.from(lane.token, 'latin1')),
      closed: () => {
        this.#lanes.delete(lane);
        if (this.#lanes.size === 0) this.#emptied?.();
      },
    });
    this.#lanes.add(lane);
  }

  #admit(token: string): number | undefined {
    const rights = this.#granted.get(token);
    this.#granted.delete(token);
    return rights;
  }
}

function tokenOf(payload: Buffer): string {
  return payload.toString('latin1', 0, tokenBytes);
}
