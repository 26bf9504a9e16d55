import { setTimeout as sleep } from 'node:timers/promises';
import { fail, isKhloneError } from '../../protocol/fail.js';
import type { CallOptions } from '../caller.js';
import type { Notification } from '../connection.js';
import { onAbort, type Disposable } from '../disposable.js';
import type {
  StreamDataParams,
  StreamEndedParams,
  StreamResizedParams,
  StreamResyncedParams,
} from '../generated/types.js';
import type { Link } from '../link.js';
import { failBecause } from '../wire-errors.js';
import { Attachment } from './attachment.js';
import type { AttachParams, Stream, StreamOutcome, StreamPiece, StreamSize } from './options.js';
import type { Paper } from './paper.js';
import { Reading } from './reading.js';
import { outcomeOfAttempt } from './reopening.js';
import { Typing } from './typing.js';
import { Way, type WaySink } from './way.js';

/** What a stream is made of. */
export interface StreamParts<D> {
  readonly link: Link;
  readonly params: AttachParams;
  readonly paper: Paper<D>;
  readonly signal: AbortSignal | undefined;
}

type State =
  | { readonly is: 'attaching' }
  | { readonly is: 'open'; readonly attachment: Attachment; readonly way: Way<unknown> }
  /** The connection was lost; `over` resolves once there is another, or never will be. */
  | { readonly is: 'reopening'; readonly over: Promise<void> }
  | { readonly is: 'ended'; readonly outcome: StreamOutcome };

/** Most that may wait for a slow consumer: the credit of two connections, and what the daemon gathers on top of it. */
const inboxBytes = 4 * 1024 * 1024;
/** How much of it may come by a lane; the daemon sees to that of its own accord. */
const laneBytes = 1024 * 1024;
/** How much is read before a lane is told: an eighth of that, and more than keys and their echo come to. */
const laneStepBytes = 128 * 1024;
const firstPauseMs = 50;
const longestPauseMs = 2_000;

/** The stream that `khlone.stream.attach` hands out. */
export class TerminalStream<D> implements Stream<D> {
  readonly ended: Promise<StreamOutcome>;
  readonly #parts: StreamParts<D>;
  readonly #typing: Typing<D>;
  readonly #reading = new Reading<D>(() => this.#made());
  readonly #stop = new AbortController();
  #outer: Disposable | undefined;
  #settleEnded: (outcome: StreamOutcome) => void = () => {};
  #state: State = { is: 'attaching' };
  #clone = '';
  /** Where the next connection goes on: after the last byte that came. */
  #reached = { run: '', offset: 0 };
  /** The size as it is after all that came. */
  #size: StreamSize = { cols: 0, rows: 0 };
  /** Whether a lane was offered, and not to be had. */
  #laneless = false;
  /** The size that was asked for last. */
  #wish: Partial<StreamSize>;

  private constructor(parts: StreamParts<D>) {
    this.#parts = parts;
    const { cols, rows } = parts.params;
    this.#wish = { ...(cols !== undefined && { cols }), ...(rows !== undefined && { rows }) };
    this.ended = new Promise((resolve) => (this.#settleEnded = resolve));
    const line = {
      ready: () => this.#ready(),
      send: (data: readonly D[]) => this.#open().way.send(data),
    };
    this.#typing = new Typing(parts.paper, line, this.#stop.signal);
  }

  /** Attaches. Rejects with the daemon's error, or why none was reached, or `cancelled` on abort. */
  static async open<D>(parts: StreamParts<D>): Promise<TerminalStream<D>> {
    const { signal, params } = parts;
    if (signal?.aborted === true) throw failBecause('cancelled', {}, signal.reason);
    const stream = new TerminalStream(parts);
    stream.#outer = onAbort(signal, () => void stream.detach());
    try {
      await stream.#attach({ lane: true, ...params });
      return stream;
    } catch (error) {
      stream.#finish({ reason: 'detached' });
      throw error;
    }
  }

  get clone(): string {
    return this.#clone;
  }

  get run(): string {
    return this.#reading.place.run;
  }

  get cols(): number {
    return this.#reading.place.cols;
  }

  get rows(): number {
    return this.#reading.place.rows;
  }

  get offset(): number {
    return this.#reading.place.offset;
  }

  async next(): Promise<IteratorResult<StreamPiece<D>, undefined>> {
    const value = await this.#reading.take();
    return value === undefined ? { done: true, value } : { done: false, value };
  }

  async return(): Promise<IteratorResult<StreamPiece<D>, undefined>> {
    await this.detach();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async write(data: string | Uint8Array, options?: CallOptions): Promise<void> {
    if (this.#state.is === 'ended') throw this.#endedError(this.#state.outcome);
    await this.#typing.write(data, options);
  }

  async resize({ cols, rows }: StreamSize): Promise<void> {
    await this.#call('stream/resize', { cols, rows });
    this.#wish = { cols, rows };
  }

  async resync(): Promise<void> {
    // A screen has its place among the bytes of the daemon's own way.
    if (this.#state.is === 'open') await this.#state.way.back();
    await this.#call('stream/resync');
  }

  async detach(): Promise<void> {
    this.#reading.drop();
    const left = this.#state.is === 'open' ? leave(this.#state) : undefined;
    this.#finish({ reason: 'detached' });
    await left;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.detach();
  }

  /** Calls what may be called twice: again on the next connection where one was lost. */
  async #call(method: string, params?: object): Promise<void> {
    for (;;) {
      if (this.#state.is === 'reopening') await this.#state.over;
      const { attachment } = this.#open();
      try {
        await attachment.call(method, params);
        return;
      } catch (error) {
        if (this.#state.is === 'ended') throw this.#endedError(this.#state.outcome);
        if (!isKhloneError(error, 'connectionLost')) throw error;
      }
    }
  }

  #ready(): Promise<unknown> | undefined {
    if (this.#state.is === 'reopening') return this.#state.over;
    return this.#state.is === 'open' ? this.#state.way.ready : undefined;
  }

  #open(): State & { readonly is: 'open' } {
    const state = this.#state;
    switch (state.is) {
      case 'open':
        return state;
      case 'ended':
        throw this.#endedError(state.outcome);
      case 'attaching':
      case 'reopening':
        throw fail('connectionLost', {});
    }
  }

  #endedError({ reason }: StreamOutcome): Error {
    return fail('streamEnded', { stream: this.#clone, reason });
  }

  async #attach(params: AttachParams): Promise<void> {
    const signal = this.#stop.signal;
    const connection = await this.#parts.link.connection(signal);
    // Talking opens a terminal where there is none: another program than the one that was talked to.
    if (this.#clone !== '' && params.mode === 'talk') {
      await connection.request('stream/screen', { who: this.#clone }, { signal });
    }
    await Attachment.open({
      connection,
      params,
      signal,
      sink: {
        opened: (attachment) => this.#opened(attachment),
        heard: (notification, attachment) => this.#heard(notification, attachment),
        lost: () => this.#lost(),
      },
    });
  }

  #opened(attachment: Attachment): void {
    const { clone, run, offset, cols, rows, snapshot, lane } = attachment.answer;
    const first = this.#state.is === 'attaching';
    if (first) {
      this.#clone = clone;
      this.#reading.begin({ run, offset, cols, rows });
    } else {
      // What was typed since is not for another program.
      if (run !== this.#reached.run) this.#typing.fail(fail('connectionLost', {}));
      this.#reading.put({ type: 'reconnected', run, resumed: snapshot === undefined });
      const resized = cols !== this.#size.cols || rows !== this.#size.rows;
      if (snapshot === undefined && resized) this.#reading.put({ type: 'resized', offset, cols, rows });
    }
    if (snapshot !== undefined) {
      const reason = first ? 'attached' : 'reconnected';
      this.#reading.put({ type: 'snapshot', reason, snapshot }, attachment);
    }
    this.#size = { cols, rows };
    this.#reached = { run, offset };
    const { paper } = this.#parts;
    const talks = this.#parts.params.mode === 'talk';
    const call = (method: string, params: object): Promise<unknown> => attachment.call(method, params);
    const way = new Way({ clone, talks, paper, sink: this.#waySink(attachment), call });
    this.#state = { is: 'open', attachment, way };
    if (lane !== undefined) way.take(lane);
  }

  #heard({ method, params }: Notification, by: Attachment): void {
    const { run } = this.#reached;
    switch (method) {
      case 'stream/data': {
        const { offset, end, data } = params as unknown as StreamDataParams;
        this.#reached = { run, offset: end };
        this.#reading.put({ type: 'data', offset, end, data: this.#parts.paper.read(data) }, by);
        if (this.#reading.unreadBytes > inboxBytes) this.#overrun(by);
        break;
      }
      case 'stream/resized': {
        const { offset, cols, rows } = params as unknown as StreamResizedParams;
        this.#size = { cols, rows };
        this.#reading.put({ type: 'resized', offset, cols, rows }, by);
        break;
      }
      case 'stream/resynced': {
        const { reason, snapshot, lane } = params as unknown as StreamResyncedParams;
        this.#reached = { run, offset: snapshot.offset };
        this.#size = { cols: snapshot.cols, rows: snapshot.rows };
        this.#reading.put({ type: 'snapshot', reason, snapshot }, by);
        if (lane !== undefined && this.#state.is === 'open') this.#state.way.take(lane);
        break;
      }
      case 'stream/ended': {
        const { reason, exit } = params as unknown as StreamEndedParams;
        const outcome = { reason, ...(exit && { exit }) };
        const rest = this.#state.is === 'open' ? this.#state.way.drain() : undefined;
        if (rest === undefined) this.#finish(outcome);
        else void rest.then(() => this.#finish(outcome));
        break;
      }
      default:
    }
  }

  #waySink(attachment: Attachment): WaySink<D> {
    return {
      place: () => ({ offset: this.#reached.offset, ...this.#size }),
      limit: () => this.#reached.offset + Math.max(0, laneBytes - this.#reading.unreadBytes),
      output: (piece) => {
        this.#reached = { run: this.#reached.run, offset: piece.end };
        this.#reading.put({ type: 'data', ...piece });
        if (this.#reading.unreadBytes > inboxBytes) this.#overrun(attachment);
      },
      resized: (offset, size) => {
        // It may have been known from the answer, or the screen, already.
        if (size.cols === this.#size.cols && size.rows === this.#size.rows) return;
        this.#size = size;
        this.#reading.put({ type: 'resized', offset, ...size });
      },
      refused: () => (this.#laneless = true),
      broken: (error) => {
        attachment.dispose();
        this.#finish({ reason: 'failed', error });
      },
    };
  }

  /** The consumer has made room. */
  #made(): void {
    if (this.#state.is === 'open') this.#state.way.allow(laneStepBytes);
  }

  /** A daemon that sends beyond its credit would fill this process's memory. */
  #overrun(attachment: Attachment): void {
    const error = fail('limitReached', { what: 'unread bytes of one stream', limit: inboxBytes });
    attachment.dispose();
    this.#finish({ reason: 'failed', error });
  }

  #lost(): void {
    // The daemon that comes gives it out anew.
    if (this.#state.is === 'open') this.#state.way.dispose();
    if (this.#parts.link.closed) return this.#finish({ reason: 'detached' });
    this.#typing.fail(fail('connectionLost', {}));
    this.#reading.put({ type: 'disconnected' });
    this.#state = { is: 'reopening', over: this.#reopen() };
  }

  /** Tries until it has succeeded, or cannot any more. */
  async #reopen(): Promise<void> {
    const stop = this.#stop.signal;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        await this.#attach(this.#paramsToReopen());
        return;
      } catch (error) {
        if (stop.aborted || this.#parts.link.closed) return this.#finish({ reason: 'detached' });
        const outcome = outcomeOfAttempt(error);
        if (outcome !== undefined) return this.#finish(outcome);
        await sleep(pauseMs, undefined, { signal: stop }).catch(() => {});
      }
    }
  }

  #paramsToReopen(): AttachParams {
    const { mode, encoding, scrollback, wait, queries, lossless, lane = true } = this.#parts.params;
    return {
      who: this.#clone,
      mode,
      ...this.#wish,
      encoding,
      scrollback,
      wait,
      queries,
      lossless,
      lane: lane && !this.#laneless,
      from: this.#reached,
    };
  }

  #finish(outcome: StreamOutcome): void {
    if (this.#state.is === 'ended') return;
    if (this.#state.is === 'open') this.#state.way.dispose();
    this.#state = { is: 'ended', outcome };
    this.#outer?.dispose();
    this.#stop.abort();
    this.#typing.fail(this.#endedError(outcome));
    this.#reading.end(outcome.reason === 'failed' ? outcome.error : undefined);
    this.#settleEnded(outcome);
  }
}

/** Leaves what is open, once what was being typed is on its way. */
async function leave({ attachment, way }: State & { readonly is: 'open' }): Promise<void> {
  await way.part();
  await attachment.leave();
}
