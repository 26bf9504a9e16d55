import { connect, type Socket } from 'node:net';
import type { Disposable } from '../disposable.js';
import type { StreamAttachResult } from '../generated/types.js';
import { laneFrame, type LaneFrames, LaneReader, places, toHolder } from './laneWire.js';

/** What is read at once, in bytes. */
const readBytes = 64 * 1024;
/** How long a holder may take to let a client in or go, in ms: the daemon's own way is there as well. */
const answerMs = 2_000;

/** Where a lane is to be had. */
export type LaneOffer = NonNullable<StreamAttachResult['lane']>;

/** Where its output begins, and the byte from which on no more may come for now. */
export interface LanePlace {
  readonly offset: number;
  readonly limit: number;
}

/** Who hears a lane. */
export interface LaneSink extends LaneFrames {
  /** The socket is gone; nothing more comes. */
  gone(): void;
}

/** A direct connection to the process that holds a terminal. */
export class Lane implements Disposable {
  readonly #socket: Socket;
  #late: NodeJS.Timeout;

  constructor({ socket: path, token }: LaneOffer, { offset, limit }: LanePlace, sink: LaneSink) {
    const frames = new LaneReader(sink);
    const buffer = Buffer.allocUnsafeSlow(readBytes);
    const socket = connect({
      path,
      // Straight from the kernel to the consumer's piece, with no buffer made in between.
      onread: {
        buffer,
        callback: (bytes: number) => {
          try {
            frames.push(buffer.subarray(0, bytes));
          } catch {
            socket.destroy();
          }
          return true;
        },
      },
    });
    this.#socket = socket;
    this.#late = setTimeout(() => socket.destroy(), answerMs);
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(this.#late);
      sink.gone();
    });
    socket.write(
      laneFrame(toHolder.hello, Buffer.concat([Buffer.from(token, 'hex'), places(offset, limit)])),
    );
  }

  /** It is let in: it may stay as long as it likes. */
  settle(): void {
    clearTimeout(this.#late);
  }

  type(data: Uint8Array): void {
    this.#socket.write(laneFrame(toHolder.input, data));
  }

  allow(limit: number): void {
    this.#socket.write(laneFrame(toHolder.allow, places(limit)));
  }

  /** Asks to end it in good order. */
  leave(): void {
    this.expectEnd();
    this.#socket.write(laneFrame(toHolder.leave));
  }

  /** The holder is about to end it. */
  expectEnd(): void {
    clearTimeout(this.#late);
    this.#late = setTimeout(() => this.#socket.destroy(), answerMs);
  }

  dispose(): void {
    this.#socket.destroy();
  }
}
