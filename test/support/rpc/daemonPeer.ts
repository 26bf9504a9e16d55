import { RawPeer, type RawMessage } from './peer.js';

type Params = Record<string, unknown>;

/** A client of a real daemon on the bare wire, that sees every message in the order it came. */
export class DaemonPeer {
  readonly raw: RawPeer;
  /** What came that is no answer, and was not asked for yet. */
  readonly heard: RawMessage[] = [];
  readonly #answers = new Map<number, (message: RawMessage) => void>();
  #waiting: (() => void)[] = [];
  #lastId = 0;
  #open = true;

  private constructor(raw: RawPeer) {
    this.raw = raw;
    void this.#listen();
  }

  /** Connects to a daemon's socket and greets it. */
  static async greet(socket: string, environment: Record<string, string | undefined>): Promise<DaemonPeer> {
    const peer = new DaemonPeer(await RawPeer.connect(socket));
    const clientInfo = { name: 'peer', version: '1' };
    await peer.call('initialize', { protocolVersion: 1, clientInfo, environment });
    return peer;
  }

  /** The result of a call; throws the error's `data` where it fails. */
  async call<T = Params>(method: string, params: object = {}): Promise<T> {
    const id = ++this.#lastId;
    const answered = new Promise<RawMessage>((resolve) => this.#answers.set(id, resolve));
    this.raw.send({ jsonrpc: '2.0', id, method, params });
    const { error, result } = await answered;
    if (error) throw Object.assign(new Error(error.message), error.data);
    return result as T;
  }

  /** The next notification, taken off; fails when the connection ends before it comes. */
  async next(): Promise<RawMessage & { readonly method: string; readonly params: Params }> {
    for (;;) {
      const message = this.heard.shift();
      if (message) return message as RawMessage & { method: string; params: Params };
      if (!this.#open) throw new Error('the connection has ended');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** The params of the next notification of a method; what comes before it is passed over. */
  async until(method: string): Promise<Params> {
    for (;;) {
      const message = await this.next();
      if (message.method === method) return message.params;
    }
  }

  close(): Promise<void> {
    return this.raw.close();
  }

  async #listen(): Promise<void> {
    for (;;) {
      const message = await this.raw.next();
      if (message === undefined) break;
      const answer = typeof message.id === 'number' ? this.#answers.get(message.id) : undefined;
      if (answer) answer(message);
      else this.heard.push(message);
      for (const wake of this.#waiting.splice(0)) wake();
    }
    this.#open = false;
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
