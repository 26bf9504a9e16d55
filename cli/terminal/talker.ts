import { setTimeout as wait } from 'node:timers/promises';
import { isKhloneError, type Stream } from '../../client/index.js';
import { ExitLine } from './exitLine.js';
import { PrefixKeys } from './keys.js';
import { redraw, untilRedraw } from './modes.js';
import { drawNotice } from './notice.js';
import type { PrefixKey } from './prefix.js';
import { ScreenFilter } from './screenFilter.js';
import { UserTerminal, type TerminalEnds } from './userTerminal.js';

/** Longest time the beginning of a key's sequence waits for its rest. */
const keyPauseMs = 30;

/** Longest wait for the daemon to take what was typed, and then to let go, once the terminal is the user's own again. */
const partingMs = 1000;

/** What a talk is made of. */
export interface TalkRequest {
  readonly stream: Stream<Buffer>;
  readonly ends: TerminalEnds;
  readonly prefix: PrefixKey;
  /** Whether the line `/exit` leaves: where the program has no such word. */
  readonly exitLine: boolean;
  /** Leaves. */
  readonly signal: AbortSignal;
}

/** How a talk came to its end. */
export type TalkEnd = 'detached' | 'suspended' | 'over';

/** One stay at a clone's terminal, from the moment it is on the screen until it is not. */
export class Talker {
  readonly #request: TalkRequest;
  readonly #terminal: UserTerminal;
  readonly #keys: PrefixKeys;
  readonly #exitLine = new ExitLine();
  readonly #filter = new ScreenFilter();
  /** Whether the screen was asked for anew and is on its way. */
  #redrawing = false;
  /** Whether a line of ours lies over the screen. */
  #noticed = false;
  #resizing: 'no' | 'running' | 'again' = 'no';
  #keyTimer: NodeJS.Timeout | undefined;
  #end: TalkEnd = 'over';
  #left: Promise<void> | undefined;
  /** Settles once all that was typed is taken, or never will be. */
  #sent: Promise<void> = Promise.resolve();

  constructor(request: TalkRequest) {
    this.#request = request;
    this.#keys = new PrefixKeys(request.prefix);
    this.#terminal = new UserTerminal(request.ends, {
      typed: (bytes) => this.#typed(bytes),
      changed: () => void this.#resized(),
      closed: () => this.#leave('detached'),
    });
  }

  /** Resolves once the user has left or the stream is over; the terminal is as it was before then. */
  async run(): Promise<TalkEnd> {
    const { stream, signal } = this.#request;
    const stop = (): void => this.#leave('detached');
    signal.addEventListener('abort', stop, { once: true });
    using terminal = this.#terminal;
    try {
      if (signal.aborted) return 'detached';
      terminal.enter();
      const { cols, rows } = terminal.size;
      // The window may have another size by now than the one asked for.
      if (stream.cols !== cols || stream.rows !== rows) void this.#resized();
      for await (const piece of stream) {
        switch (piece.type) {
          case 'data':
            this.#show(piece.data);
            break;
          case 'snapshot':
            this.#draw(piece.snapshot.data);
            break;
          case 'disconnected':
            this.#notice('the connection to the daemon is lost; making it anew');
            break;
          case 'reconnected':
            if (piece.resumed) this.#resync();
            break;
          case 'resized':
            break;
        }
      }
    } finally {
      signal.removeEventListener('abort', stop);
      clearTimeout(this.#keyTimer);
    }
    // So that whoever comes next finds the place free; a daemon that does not answer keeps nobody here.
    if (this.#left !== undefined) await atMost(partingMs, this.#left);
    return this.#end;
  }

  #leave(end: TalkEnd): void {
    if (this.#end === 'over') this.#end = end;
    // First the terminal: the daemon may take its time, or be gone.
    this.#terminal[Symbol.dispose]();
    this.#left ??= this.#detach();
  }

  /** A stream that is left forgets what waits to be typed, so that has to be taken first. */
  async #detach(): Promise<void> {
    await atMost(partingMs, this.#sent);
    await this.#request.stream.detach();
  }

  #show(output: Buffer): void {
    const { data, switched } = this.#filter.push(output);
    if (switched) this.#terminal.write(untilRedraw);
    if (data.length > 0) this.#terminal.write(data);
    if (switched) this.#resync();
  }

  #draw(drawing: string): void {
    this.#redrawing = false;
    this.#noticed = false;
    this.#filter.reset();
    this.#terminal.write(redraw(this.#filter.push(Buffer.from(drawing)).data));
  }

  #resync(): void {
    if (this.#redrawing) return;
    this.#redrawing = true;
    this.#request.stream.resync().catch(() => {
      // Over, or on another connection by now: then a screen, or the end, comes by itself.
      this.#redrawing = false;
    });
  }

  #notice(text: string): void {
    this.#noticed = true;
    this.#terminal.write(drawNotice(text, this.#terminal.size));
  }

  #typed(bytes: Buffer): void {
    clearTimeout(this.#keyTimer);
    this.#obey(this.#keys.push(bytes));
    if (this.#keys.holds) this.#keyTimer = setTimeout(() => this.#obey(this.#keys.flush()), keyPauseMs);
  }

  #obey(actions: ReturnType<PrefixKeys['push']>): void {
    for (const action of actions) {
      if (this.#end !== 'over') return;
      switch (action.kind) {
        case 'type':
          this.#type(action.data);
          break;
        case 'detach':
          this.#leave('detached');
          break;
        case 'suspend':
          this.#leave('suspended');
          break;
        case 'help':
          this.#help();
          break;
      }
    }
  }

  #type(typed: Buffer): void {
    if (this.#noticed) this.#resync();
    if (!this.#request.exitLine) return this.#send(typed);
    const { data, exit } = this.#exitLine.push(typed, !this.#filter.alternate);
    this.#send(data);
    if (exit) this.#leave('detached');
  }

  #send(data: Buffer): void {
    // The stream takes them in order, so the last one tells of all.
    this.#sent = this.#request.stream.write(data).catch((error: unknown) => {
      if (isKhloneError(error, 'connectionLost'))
        this.#notice('not sent: the connection to the daemon was lost');
    });
  }

  #help(): void {
    const { label } = this.#request.prefix;
    this.#notice(
      `${label} d detaches, ${label} C-z suspends, ${label} ${label} types ${label}; any key goes on`,
    );
  }

  /** Sizes come in bursts while a window is drawn larger: one is on its way at a time, and the last one counts. */
  async #resized(): Promise<void> {
    if (this.#resizing !== 'no') {
      this.#resizing = 'again';
      return;
    }
    const { stream } = this.#request;
    try {
      do {
        this.#resizing = 'running';
        await stream.resize(this.#terminal.size);
      } while ((this.#resizing as string) === 'again');
      this.#resync();
    } catch {
      // The stream is over, or goes on with this size on its next connection.
    } finally {
      this.#resizing = 'no';
    }
  }
}

/** Waits for it, but no longer than so many milliseconds. */
async function atMost(ms: number, awaited: Promise<void>): Promise<void> {
  const stop = new AbortController();
  const limit = wait(ms, undefined, { ref: false, signal: stop.signal }).catch(() => undefined);
  await Promise.race([awaited, limit]);
  stop.abort();
}
