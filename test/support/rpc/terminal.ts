import type { Socket } from 'node:net';
import type {
  StreamAckParams,
  StreamAttachParams,
  StreamEndedParams,
  StreamResizeParams,
  StreamWriteParams,
} from '../../../client/index.js';
import { KhloneError } from '../../../protocol/error.js';
import { fail } from '../../../protocol/fail.js';
import { FrameReader } from '../../../protocol/wire/reader.js';
import { FrameWriter } from '../../../protocol/wire/writer.js';
import { makePlace, type Place } from './place.js';

const credit = 1024 * 1024;
const pieceBytes = 16 * 1024;

interface Viewer {
  readonly id: string;
  readonly params: StreamAttachParams;
  readonly peer: Peer;
  sent: number;
  acked: number;
}

interface Peer {
  readonly socket: Socket;
  readonly out: FrameWriter;
}

interface Request {
  readonly id?: number;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** A daemon with one clone in a terminal, on the bare wire: what it answers and what follows it share their chunks. */
export class FakeTerminal {
  run = 'b_1';
  size = { cols: 80, rows: 24 };
  /** What the program of this run has put out. */
  output = Buffer.alloc(0);
  /** Offset of the first byte that is kept. */
  kept = 0;
  /** Everything that was typed, as bytes. */
  typed = Buffer.alloc(0);
  /** Called with each call before it is answered; what it throws is the answer, what it returns is waited for. */
  before: (method: string, params: Record<string, unknown>) => Promise<void> | undefined = () => undefined;
  /** Whether more than the credit is sent. */
  careless = false;
  /** The calls, in order, with their params. */
  readonly calls: { readonly method: string; readonly params: Record<string, unknown> }[] = [];
  readonly #place: Place;
  readonly #peers = new Set<Peer>();
  readonly #viewers = new Map<string, Viewer>();
  readonly #cancelled = new Set<number>();
  #living = true;
  #lastId = 0;
  #changed: (() => void)[] = [];

  private constructor(place: Place) {
    this.#place = place;
    place.server.on('connection', (socket: Socket) => this.#accept(socket));
  }

  static async start(): Promise<FakeTerminal> {
    return new FakeTerminal(await makePlace());
  }

  get path(): string {
    return this.#place.path;
  }

  get viewers(): readonly Viewer[] {
    return [...this.#viewers.values()];
  }

  /** The calls of one method. */
  of(method: string): Record<string, unknown>[] {
    return this.calls.filter((call) => call.method === method).map(({ params }) => params);
  }

  /** Resolves once it holds; looked at after each call that is answered and each connection that ends. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#changed.push(resolve));
  }

  print(data: string | Buffer): void {
    this.output = Buffer.concat([this.output, Buffer.from(data as string)]);
    for (const viewer of this.viewers) this.#flow(viewer);
  }

  resize(size: { cols: number; rows: number }): void {
    this.size = size;
    for (const { id, sent, peer } of this.viewers) {
      notify(peer, 'stream/resized', { stream: id, offset: sent, ...size });
    }
  }

  /** Sends the screen in place of all that was not sent. */
  resync(reason: 'slow' | 'asked' | 'lost'): void {
    for (const viewer of this.viewers) this.#resync(viewer, reason);
  }

  end(reason: StreamEndedParams['reason'], exit?: StreamEndedParams['exit']): void {
    for (const { id, peer } of this.viewers) {
      notify(peer, 'stream/ended', { stream: id, reason, ...(exit && { exit }) });
    }
    this.#viewers.clear();
  }

  /** The program ends and nobody is told, as when the daemon dies with it. */
  vanish(): void {
    this.#living = false;
  }

  /** Another program takes the terminal, and nobody is told. */
  nextRun(): void {
    this.run = `b_${Number(this.run.slice(2)) + 1}`;
    this.output = Buffer.alloc(0);
    this.kept = 0;
  }

  /** Ends every connection without a word. */
  drop(): void {
    for (const { socket } of this.#peers) socket.destroy();
  }

  async stop(): Promise<void> {
    this.drop();
    await this.#place.remove();
  }

  #accept(socket: Socket): void {
    const peer = { socket, out: new FrameWriter(socket) };
    this.#peers.add(peer);
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#peers.delete(peer);
      for (const viewer of this.viewers) if (viewer.peer === peer) this.#viewers.delete(viewer.id);
      this.#tellChanged();
    });
    const reader = new FrameReader(socket, {
      body: (body) => void this.#answer(peer, JSON.parse(body.toString()) as Request),
      broken: () => socket.destroy(),
      ended: () => socket.destroy(),
    });
    reader.start();
  }

  async #answer(peer: Peer, { id, method, params }: Request): Promise<void> {
    if (id === undefined) {
      this.#cancelled.add((params as { id: number }).id);
      return this.#tellChanged();
    }
    this.calls.push({ method, params });
    this.#tellChanged();
    try {
      const before = this.before(method, params);
      if (before !== undefined) await before;
      // One chunk for the answer and what follows it.
      peer.socket.cork();
      const then = this.#do(peer, method, params);
      peer.out.write({ jsonrpc: '2.0', id, result: then.result });
      then.after?.();
    } catch (error) {
      if (!(error instanceof KhloneError)) throw error;
      const { code, message, data } = error;
      peer.out.write({ jsonrpc: '2.0', id, error: { code, message, data } });
    } finally {
      peer.socket.uncork();
    }
  }

  /** Whether the client has taken back a call of some method. */
  get cancellations(): number {
    return this.#cancelled.size;
  }

  #do(peer: Peer, method: string, params: object): { result: object; after?: () => void } {
    if (method === 'stream/attach') return this.#attach(peer, params as StreamAttachParams);
    if (method === 'stream/screen') {
      this.#expectTerminal();
      return { result: { run: this.run } };
    }
    if (!method.startsWith('stream/')) return { result: {} };
    const viewer = this.#viewerOf(params as { stream: string });
    switch (method) {
      case 'stream/write': {
        const { data } = params as StreamWriteParams;
        this.typed = Buffer.concat([this.typed, Buffer.from(data, wireEncoding(viewer))]);
        return { result: {} };
      }
      case 'stream/ack': {
        const { offset } = params as StreamAckParams;
        if (offset > viewer.sent) {
          throw fail('ackInvalid', { stream: viewer.id, offset, sent: viewer.sent });
        }
        viewer.acked = Math.max(viewer.acked, offset);
        return { result: {}, after: () => this.#flow(viewer) };
      }
      case 'stream/resize': {
        const { cols, rows } = params as StreamResizeParams;
        return { result: {}, after: () => this.resize({ cols, rows }) };
      }
      case 'stream/resync':
        return { result: {}, after: () => this.#resync(viewer, 'asked') };
      default:
        this.#viewers.delete(viewer.id);
        return { result: {} };
    }
  }

  #attach(peer: Peer, params: StreamAttachParams): { result: object; after: () => void } {
    this.#expectTerminal();
    const { from, cols, rows } = params;
    const resumes = from?.run === this.run && from.offset >= this.kept && from.offset <= this.output.length;
    const offset = resumes ? from.offset : this.output.length;
    if (params.mode === 'talk' && cols !== undefined && rows !== undefined) this.size = { cols, rows };
    const id = `x_${++this.#lastId}`;
    const viewer: Viewer = { id, params, peer, sent: offset, acked: offset };
    this.#viewers.set(id, viewer);
    const snapshot = { ...this.size, offset, data: `screen at ${offset}` };
    const result = { stream: id, clone: 'mechanic.1', run: this.run, ...this.size, offset };
    return {
      result: { ...result, ...(!resumes && { snapshot }) },
      after: () => this.#flow(viewer),
    };
  }

  #expectTerminal(): void {
    if (!this.#living) throw fail('noTerminal', { clone: 'mechanic.1', posture: 'off' });
  }

  #viewerOf({ stream }: { stream: string }): Viewer {
    const viewer = this.#viewers.get(stream);
    if (viewer === undefined) throw fail('streamNotFound', { stream });
    return viewer;
  }

  #resync(viewer: Viewer, reason: 'slow' | 'asked' | 'lost'): void {
    viewer.sent = this.output.length;
    const snapshot = { ...this.size, offset: viewer.sent, data: `screen at ${viewer.sent}` };
    notify(viewer.peer, 'stream/resynced', { stream: viewer.id, reason, snapshot });
  }

  #flow(viewer: Viewer): void {
    if (!this.#viewers.has(viewer.id)) return;
    while (viewer.sent < this.output.length) {
      const room = this.careless ? pieceBytes : credit - (viewer.sent - viewer.acked);
      if (room <= 0) return;
      const end = this.#cut(viewer, viewer.sent + Math.min(pieceBytes, room));
      if (end === viewer.sent) return;
      const data = this.output.toString(wireEncoding(viewer), viewer.sent, end);
      notify(viewer.peer, 'stream/data', { stream: viewer.id, offset: viewer.sent, end, data });
      viewer.sent = end;
    }
  }

  /** Not through a character, for a viewer that reads text. */
  #cut(viewer: Viewer, wanted: number): number {
    let end = Math.min(wanted, this.output.length);
    if (viewer.params.encoding === 'base64') return end;
    while (end > viewer.sent && ((this.output[end] ?? 0) & 0xc0) === 0x80) end -= 1;
    return end;
  }

  #tellChanged(): void {
    for (const told of this.#changed.splice(0)) setImmediate(told);
  }
}

const wireEncoding = ({ params }: Viewer): 'utf8' | 'base64' =>
  params.encoding === 'base64' ? 'base64' : 'utf8';

function notify({ out }: Peer, method: string, params: object): void {
  out.write({ jsonrpc: '2.0', method, params });
}
