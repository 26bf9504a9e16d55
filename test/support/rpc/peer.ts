import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeFrame, FrameDecoder } from '../../../protocol/wire/frames.js';

/** A message as it came, unjudged. */
export interface RawMessage {
  readonly jsonrpc?: string;
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: unknown;
  readonly error?: {
    code: number;
    message: string;
    data: { kind: string; details: Record<string, unknown> };
  };
}

/** A client that may send anything, and sees everything that comes back. */
export class RawPeer {
  readonly socket: Socket;
  /** Resolves when the socket is gone. */
  readonly closed: Promise<void>;
  readonly #decoder = new FrameDecoder({ bodyBytes: 64 * 1024 * 1024 });
  readonly #messages: RawMessage[] = [];
  readonly #waiting: ((message: RawMessage | undefined) => void)[] = [];
  #ended = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('data', (chunk: Buffer) => {
      this.#decoder.push(chunk);
      for (let body = this.#decoder.next(); body !== undefined; body = this.#decoder.next()) {
        this.#hand(JSON.parse(body.toString()) as RawMessage);
      }
    });
    socket.once('close', () => {
      this.#ended = true;
      for (const waiting of this.#waiting.splice(0)) waiting(undefined);
    });
  }

  static async connect(path: string): Promise<RawPeer> {
    const socket = connect(path);
    const peer = new RawPeer(socket);
    await once(socket, 'connect');
    return peer;
  }

  /** Connects and sends initialize. */
  static async greeted(path: string, environment: Record<string, string> = {}): Promise<RawPeer> {
    const peer = await RawPeer.connect(path);
    const answer = await peer.call('hello', 'initialize', { environment });
    if (answer?.error !== undefined) throw new Error(answer.error.message);
    return peer;
  }

  send(message: unknown): void {
    this.sendRaw(encodeFrame(message as object).text);
  }

  sendRaw(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** The next message, or undefined once the socket is gone. */
  next(): Promise<RawMessage | undefined> {
    const message = this.#messages.shift();
    if (message !== undefined || this.#ended) return Promise.resolve(message);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Sends a request and takes the next message for its answer. */
  call(id: string | number, method: string, params: object = {}): Promise<RawMessage | undefined> {
    this.send({ jsonrpc: '2.0', id, method, params });
    return this.next();
  }

  close(): Promise<void> {
    this.socket.destroy();
    return this.closed;
  }

  #hand(message: RawMessage): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#messages.push(message);
    else waiting(message);
  }
}
