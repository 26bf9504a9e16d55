import { fail } from '../../protocol/fail.js';
import type { StreamEnd } from '../../protocol/shapes/stream.js';
import type { HeldLanes, HeldSize, ProcessExit } from '../holder/contract.js';
import { type Disposable, Emitter, onUnexpectedError, toDisposable } from '../lifecycle.js';
import { longestCharacter } from '../../protocol/wire/characters.js';
import type { LaneEnd, LaneOffer, Piece, ResyncReason, Snapshot, Viewer, ViewerRequest } from './contract.js';
import { Credit } from './credit.js';
import type { Output } from './output.js';
import type { Pieces } from './pieces.js';
import { sameSize, type SizeHistory } from './sizes.js';
import { StallWatch } from './stall.js';
import { characterStart, decodeInput } from './text.js';
import { ViewerLane } from './viewerLane.js';
import { type ViewerState, type ViewerStep, viewerSteps } from './viewerMachine.js';

/** How far a viewer may fall behind before it gets the screen anew, in bytes. */
const mostBehind = 1024 * 1024;
/** What a viewer that catches up is sent before others have their turn, in bytes. */
const longestBurst = 256 * 1024;
/** Who has read nothing for so long is not counted on to read soon, in ms. */
const idleMs = 1000;
/** Until a screen that could not be had is asked for again, in ms. */
const retryMs = 1000;
/** Bytes that may wait for a program that does not read; the holder's limit. */
const inputBytes = 4 * 1024 * 1024;

/** A screen, and how many sizes the terminal had had when it was asked for. */
export interface Sighting {
  readonly snapshot: Snapshot;
  readonly sizes: number;
}

/** A terminal as its viewers see it. */
export interface ViewedTerminal {
  readonly run: string;
  readonly output: Output;
  readonly sizes: SizeHistory;
  readonly pieces: Pieces;
  readonly lanes: HeldLanes | undefined;
  /** Resolves once all is known here that a client with a lane may have seen. */
  settled(): Promise<void>;
  /** Everything that was put out before is in it. */
  look(scrollback: number): Promise<Sighting>;
  write(data: Buffer): boolean;
  resize(size: HeldSize): void;
}

/** Why a viewer's terminal is over. */
export interface Ending {
  readonly reason: StreamEnd;
  readonly exit: ProcessExit | undefined;
}

/** One client's place at a terminal: sends what there is as fast as it is read, from memory or from the spool. */
export class TerminalViewer implements Viewer {
  readonly request: ViewerRequest;
  readonly #terminal: ViewedTerminal;
  readonly #credit = new Credit();
  readonly #stall = new StallWatch(() => this.end({ reason: 'stalled', exit: undefined }));
  readonly #ended = new Emitter<StreamEnd>();
  readonly #lane: ViewerLane;
  #state: ViewerState = 'opening';
  #snapshot: Snapshot | undefined;
  /** Sizes that the client knows of. */
  #sizes = 0;
  /** Up to here it is served whatever it takes: what was there when it came is no backlog. */
  #goal = 0;
  /** Whether a piece is on its way that the kernel has not taken. */
  #untaken = false;
  /** Whether something has stood in the way since it last had sent everything. */
  #delayed = false;
  #asked = false;
  #pumping = false;
  /** Bytes sent since it last let others have their turn. */
  #burst = 0;
  /** The terminal is over: what is left goes out, then the stream ends. */
  #last: Ending | undefined;
  #ending: Ending | undefined;
  #next: NodeJS.Immediate | undefined;
  #retry: NodeJS.Timeout | undefined;
  #draining: Disposable | undefined;

  constructor(terminal: ViewedTerminal, request: ViewerRequest) {
    this.#terminal = terminal;
    this.request = request;
    this.#lane = new ViewerLane({
      lanes: request.lane ? terminal.lanes : undefined,
      write: request.mode === 'talk',
      lossless: request.lossless,
      stalled: () => this.end({ reason: 'stalled', exit: undefined }),
    });
    this.#lane.open();
  }

  get run(): string {
    return this.#terminal.run;
  }

  get size(): HeldSize {
    const { cols, rows } = this.#snapshot ?? this.#terminal.sizes.at(this.offset).size;
    return { cols, rows };
  }

  get offset(): number {
    return this.#credit.sent;
  }

  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  get lane(): LaneOffer | undefined {
    return this.#lane.offer;
  }

  /** Whether it reads, so that what is encoded for others may be of use to it soon. */
  get reads(): boolean {
    return this.lane === undefined && !this.#stall.lasts(idleMs);
  }

  /** Takes its place at the screen as it is. */
  place({ snapshot, sizes }: Sighting): void {
    this.#snapshot = snapshot;
    this.#goTo(snapshot.offset, sizes);
  }

  /** Takes its place where an earlier stream broke off; in the middle of a character, where that begins. */
  resume(offset: number): void {
    const { output, sizes } = this.#terminal;
    const exact = this.request.encoding === 'base64';
    const start = exact ? offset : characterStart(output, offset);
    this.#goTo(start, sizes.at(start).count);
  }

  #goTo(offset: number, sizes: number): void {
    this.#credit.jump(offset);
    this.#sizes = sizes;
    this.#goal = this.#terminal.output.end;
  }

  begin(): void {
    const before = this.#state;
    if (!this.#step('begin')) return;
    this.#snapshot = undefined;
    if (before === 'missed') this.#tell();
    else this.#flow();
  }

  write(data: string): void {
    const { stream, clone, encoding } = this.request;
    this.#mustTalk();
    const bytes = decodeInput(data, encoding);
    if (!bytes) {
      const issues = [{ path: 'data', message: 'is not base64' }];
      throw fail('invalidParams', { summary: `data of ${stream} is not base64`, issues });
    }
    if (!this.#terminal.write(bytes)) throw fail('inputFull', { clone, bytes: inputBytes });
  }

  resize(size: HeldSize): void {
    this.#mustTalk();
    this.#terminal.resize(size);
  }

  ack(offset: number): void {
    this.#mustGoOn();
    const { furthest: sent } = this.#credit;
    if (offset > sent) throw fail('ackInvalid', { stream: this.request.stream, offset, sent });
    if (!this.#credit.ack(offset)) return;
    this.#stall.progressed();
    this.pump();
  }

  resync(): void {
    this.#mustLive();
    this.#asked = true;
    this.pump();
  }

  async rejoin({ offset, ...size }: LaneEnd): Promise<void> {
    this.#mustGoOn();
    // Its lane may have been faster than what comes here.
    await this.#terminal.settled();
    this.#mustGoOn();
    if (this.#state !== 'laned') return;
    const { output, sizes, lanes } = this.#terminal;
    const { stream, lossless } = this.request;
    const { end: sent } = output;
    // The last that a holder gave by a lane before it was killed, nobody else has.
    const place = lanes ? offset : Math.min(offset, sent);
    if (place < this.offset || place > sent) throw fail('ackInvalid', { stream, offset, sent });
    this.#lane.close();
    this.#step('rejoin');
    this.#credit.jump(place);
    const known = sizes.at(place);
    this.#sizes = known.count;
    if (!sameSize(known.size, size)) this.request.sink.resized(place, known.size);
    if (!lossless && output.end - Math.max(place, this.#goal) > mostBehind) this.#resync('slow');
    else this.pump();
  }

  onEnd(listener: (reason: StreamEnd) => void): Disposable {
    if (!this.#ending) return this.#ended.on(listener);
    listener(this.#ending.reason);
    return toDisposable(() => undefined);
  }

  /** The terminal is over: tells so once everything is out. */
  finish(last: Ending): void {
    this.#last ??= last;
    this.pump();
  }

  /** Ends it at once, and tells why. */
  end(ending: Ending): void {
    if (!this.#step('end')) return;
    this.#close(ending);
    if (this.#state === 'ended') this.#tell();
  }

  dispose(): void {
    if (this.#step('dispose')) this.#close({ reason: 'detached', exit: undefined });
  }

  /** Sends what can be sent: to be called when there is more, or when something no longer stands in the way. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#state === 'flowing' && this.#next === undefined && this.#sendNext());
    } finally {
      this.#pumping = false;
    }
  }

  /** One thing at a time; false when there is nothing to do or something stands in the way. */
  #sendNext(): boolean {
    const { output, sizes, pieces } = this.#terminal;
    if (this.#asked) return this.#isPressed() ? false : this.#resync('asked');
    const change = sizes.after(this.#sizes);
    const limit = Math.min(output.end, change?.offset ?? Infinity);
    if (this.offset >= limit && !change) return this.#settle();
    if (this.#isBlocked()) return false;
    if (this.#isBehind()) return this.#resync('slow');
    if (this.offset < limit) {
      const { encoding } = this.request;
      const until = Math.min(limit, this.offset + this.#credit.room);
      const last = this.#last !== undefined && until === output.end;
      const piece = pieces.cut({ encoding, offset: this.offset, limit: until, last });
      if (!piece) return this.#resync('lost');
      if (piece.end > piece.offset) return this.#send(piece);
      // The beginning of a character, or what the spool does not have yet.
      if (!change) return this.#settle();
    }
    if (!change) return false;
    this.#sizes = change.count;
    this.request.sink.resized(change.offset, change.size);
    return true;
  }

  #isBehind(): boolean {
    if (!this.#delayed || this.request.lossless) return false;
    return this.#terminal.output.end - Math.max(this.offset, this.#goal) > mostBehind;
  }

  #settle(): false {
    this.#delayed = false;
    this.#burst = 0;
    this.#stall.progressed();
    if (this.#last && this.offset >= this.#terminal.output.end) this.end(this.#last);
    return false;
  }

  #isBlocked(): boolean {
    if (this.#isPressed()) return true;
    if (!this.#untaken && this.#credit.room >= longestCharacter) return false;
    this.#wait();
    return true;
  }

  #isPressed(): boolean {
    const { sink } = this.request;
    if (!sink.pressed()) return false;
    // One after the other of those that wait: who has had his turn goes to the end of the line.
    this.#draining ??= sink.onDrained(() => {
      this.#draining?.dispose();
      this.#draining = undefined;
      this.pump();
    });
    this.#wait();
    return true;
  }

  #wait(): void {
    this.#delayed = true;
    this.#stall.blocked();
  }

  #send(piece: Piece): boolean {
    this.#untaken = true;
    this.#credit.advance(piece.end);
    this.request.sink.data(piece, () => this.#taken(piece));
    return true;
  }

  #taken(piece: Piece): void {
    this.#untaken = false;
    this.#stall.progressed();
    this.#burst += piece.end - piece.offset;
    if (this.#burst < longestBurst) return this.pump();
    // Whoever catches up lets the others have their turn.
    this.#next ??= setImmediate(() => {
      this.#next = undefined;
      this.#burst = 0;
      this.pump();
    });
  }

  #resync(reason: ResyncReason): false {
    this.#asked = false;
    if (this.#step('resync')) void this.#look(reason).catch(onUnexpectedError);
    return false;
  }

  async #look(reason: ResyncReason): Promise<void> {
    let sighting: Sighting;
    // The terminal is looked at when the holder knows of it.
    this.#lane.open();
    try {
      sighting = await this.#terminal.look(this.request.scrollback);
    } catch (error) {
      if (this.#state !== 'resyncing') return;
      onUnexpectedError(error);
      this.#retry = setTimeout(() => void this.#look(reason).catch(onUnexpectedError), retryMs);
      return;
    }
    if (this.#state !== 'resyncing') return;
    if (this.request.sink.pressed()) {
      // Other screens were faster: with this one, too, the connection might have more waiting than it may.
      this.#lane.close();
      this.#asked ||= reason === 'asked';
      this.#step('synced');
      return this.pump();
    }
    const { snapshot, sizes } = sighting;
    this.#goTo(snapshot.offset, sizes);
    if (!this.request.sink.resynced(reason, snapshot, this.lane)) {
      return this.end({ reason: 'stalled', exit: undefined });
    }
    this.#step('synced');
    this.#flow();
  }

  /** From here, or by the lane that its client was offered. */
  #flow(): void {
    if (this.lane !== undefined) this.#step('lane');
    else this.pump();
  }

  #step(step: ViewerStep): boolean {
    const next = viewerSteps[this.#state][step];
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }

  #close(ending: Ending): void {
    this.#ending ??= ending;
    this.#stall.end();
    this.#lane.close();
    if (this.#next) clearImmediate(this.#next);
    clearTimeout(this.#retry);
    this.#draining?.dispose();
    this.#ended.fire(this.#ending.reason);
    this.#ended.dispose();
  }

  #tell(): void {
    if (this.#ending) this.request.sink.ended(this.#ending.reason, this.#ending.exit);
  }

  #mustLive(): void {
    const over = this.#ending ?? this.#last;
    if (over) throw fail('streamEnded', { stream: this.request.stream, reason: over.reason });
  }

  /** The program may be over, and the rest of its output still to be read. */
  #mustGoOn(): void {
    if (this.#ending) throw fail('streamEnded', { stream: this.request.stream, reason: this.#ending.reason });
  }

  #mustTalk(): void {
    this.#mustLive();
    const { mode, stream } = this.request;
    if (mode !== 'talk') throw fail('streamReadOnly', { stream });
  }
}
