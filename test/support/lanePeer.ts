import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { frame, FrameReader, putOffset, takeOffset } from '../../daemon/holder/program/frames.js';
import { fromLane, toLane } from '../../daemon/holder/program/wire.js';

/** Where to come to, as `stream/attach` tells it. */
export interface LaneOffer {
  readonly socket: string;
  readonly token: string;
}

/** A client on the bare frames of a lane, which may send anything. */
export class LanePeer {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  /** What was heard, by the names of frames, in order. */
  readonly heard: string[] = [];
  /** All output, and where it ends. */
  output = Buffer.alloc(0);
  end = 0;
  /** Where it was sent back to the daemon, once it was. */
  over: number | undefined;
  readonly sizes: { offset: number; cols: number; rows: number }[] = [];
  #changed: () => void = () => undefined;
  #gone = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    const frames = new FrameReader((type, payload) => this.#hear(type, payload));
    socket.on('data', (chunk: Buffer) => frames.push(chunk));
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#gone = true;
      this.#changed();
    });
  }

  static async connect(path: string): Promise<LanePeer> {
    const peer = new LanePeer(connect(path));
    await Promise.race([once(peer.socket, 'connect'), peer.closed]);
    return peer;
  }

  /** Comes with a token; no byte from `limit` on is wanted. */
  static async greet(offer: LaneOffer, offset: number, limit = Number.MAX_SAFE_INTEGER): Promise<LanePeer> {
    const peer = await LanePeer.connect(offer.socket);
    const places = Buffer.alloc(16);
    putOffset(places, 0, offset);
    putOffset(places, 8, limit);
    peer.send(fromLane.hello, Buffer.concat([Buffer.from(offer.token, 'hex'), places]));
    await peer.until(() => peer.heard.length > 0);
    return peer;
  }

  send(type: number, payload: Buffer | string = ''): void {
    this.socket.write(frame(type, payload));
  }

  allow(limit: number): void {
    const place = Buffer.alloc(8);
    putOffset(place, 0, limit);
    this.send(fromLane.allow, place);
  }

  /** Resolves once it is so, or the connection is gone. */
  async until(so: () => boolean): Promise<void> {
    while (!so() && !this.#gone) await new Promise<void>((resolve) => (this.#changed = resolve));
  }

  count(name: keyof typeof toLane): number {
    return this.heard.filter((one) => one === name).length;
  }

  #hear(type: number, payload: Buffer): void {
    this.heard.push(Object.entries(toLane).find(([, number]) => number === type)?.[0] ?? String(type));
    if (type === toLane.output) {
      const offset = takeOffset(payload, 1);
      if (this.output.length > 0 && offset !== this.end) throw new Error(`${offset} came after ${this.end}`);
      this.output = Buffer.concat([this.output, payload.subarray(9)]);
      this.end = offset + payload.length - 9;
    }
    if (type === toLane.over) this.over = takeOffset(payload, 0);
    if (type === toLane.resized) {
      const [cols, rows] = [payload.readUInt16BE(8), payload.readUInt16BE(10)];
      this.sizes.push({ offset: takeOffset(payload, 0), cols, rows });
    }
    this.#changed();
  }
}
