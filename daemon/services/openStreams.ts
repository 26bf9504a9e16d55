import { fail } from '../../protocol/fail.js';
import type { StreamEnd } from '../../protocol/shapes/stream.js';
import type { Connection } from '../rpc/connection.js';
import type { Viewer } from '../streams/contract.js';

/** Most streams of one connection. */
const maxStreams = 64;
/** Ended streams of one connection that are remembered, so that a late write learns why. */
const maxEnded = 64;

/** The streams of one connection. */
export class OpenStreams {
  readonly #open = new Map<string, Viewer>();
  readonly #ended = new Map<string, StreamEnd>();
  readonly #connection: Connection;
  #opening = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Opens a stream within the limit, however long that takes.
   * @throws limitReached, and what `open` throws
   */
  async add(id: string, open: () => Promise<Viewer>): Promise<Viewer> {
    if (this.#open.size + this.#opening >= maxStreams) {
      throw fail('limitReached', { what: 'streams of one connection', limit: maxStreams });
    }
    this.#opening += 1;
    try {
      const viewer = await open();
      this.#open.set(id, viewer);
      this.#connection.lifetime.add(viewer);
      viewer.onEnd((reason) => this.#forget(id, reason));
      return viewer;
    } finally {
      this.#opening -= 1;
    }
  }

  /** @throws streamNotFound, streamEnded */
  get(id: string): Viewer {
    const viewer = this.#open.get(id);
    if (viewer) return viewer;
    const reason = this.#ended.get(id);
    if (reason === undefined) throw fail('streamNotFound', { stream: id });
    throw fail('streamEnded', { stream: id, reason });
  }

  #forget(id: string, reason: StreamEnd): void {
    const viewer = this.#open.get(id);
    this.#open.delete(id);
    if (viewer) this.#connection.lifetime.release(viewer);
    this.#ended.set(id, reason);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > maxEnded && oldest !== undefined) this.#ended.delete(oldest);
  }
}
