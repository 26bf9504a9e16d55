import type { StreamEnd, StreamEncoding } from '../../protocol/shapes/stream.js';
import type { HeldProgram, HeldSize, HeldTerminal, ProcessExit, Spool } from '../holder/contract.js';
import type { Disposable } from '../lifecycle.js';

/** A screen at one instant: what draws it, and the byte from which the output goes on. */
export interface Snapshot {
  readonly cols: number;
  readonly rows: number;
  readonly offset: number;
  /** Draws the screen and sets its modes on a cleared terminal of this size. */
  readonly data: string;
  readonly title?: string;
}

/** What a screen shows, for readers that are no terminals. */
export interface ScreenText {
  readonly cols: number;
  readonly rows: number;
  readonly offset: number;
  /** Lines joined by line feeds, without blanks at their ends. */
  readonly text: string;
  readonly ansi?: string;
  /** In cells from the top left, from 0. */
  readonly cursor: { readonly x: number; readonly y: number; readonly visible: boolean };
  /** The whole line the cursor is on, without blanks at its end. */
  readonly line: string;
  readonly title: string;
  readonly alternate: boolean;
}

/** What a program asked of its terminal, answered as a terminal would. */
export interface ScreenReply {
  /** Of the first byte of the piece of output that held the question; no piece spans a call's place. */
  readonly offset: number;
  readonly data: string;
}

/**
 * Where a screen reads the output it follows: memory or the spool. The screen reads when it is ready for more, so
 * that nothing waits in memory for it.
 */
export interface ScreenSource {
  /** Offset of the first byte that is kept. */
  readonly start: number;
  /** Offset after the last byte that is there. */
  readonly end: number;
  /**
   * Up to `max` bytes from there; undefined when they are no longer kept. They are copied before anything else
   * happens, so a view of memory that is used again will do.
   */
  read(offset: number, max: number): Buffer | undefined;
}

/**
 * Follows the true screen of one terminal. Every call takes effect at one byte, the end of the source when it is
 * made: after all output before that byte and before all output after it.
 */
export interface Screen extends Disposable {
  /** Says that the source has more. Cheap; it is read a few milliseconds later, many chunks at once. */
  advance(): void;
  /**
   * `offset`, for a change of size that is read from a spool: the byte from which it holds. Those come in rising
   * order, all in the turn in which the screen is opened.
   */
  resize(size: HeldSize, offset?: number): void;
  /**
   * Whether replies are wanted from here on; they are at first. The same turn as `snapshot` makes a hand-over
   * exact: who draws it answers what comes after its offset, and nothing before.
   */
  answers(wanted: boolean): void;
  /**
   * With as many lines above the screen as are asked for and fit a message. Rejects when the screen is disposed or
   * its thread died; the screen itself is built anew from its source then.
   */
  snapshot(options: { readonly scrollback: number }): Promise<Snapshot>;
  /** Rejects as `snapshot` does, and so do the others. */
  text(options: { readonly scrollback: number; readonly ansi: boolean }): Promise<ScreenText>;
  /** Remembers the line of the cursor; one at a time. Resolves with the byte at which that was. */
  mark(): Promise<number>;
  /**
   * What the screen gained since the mark, as plain text: the lines after the marked one, up to that of the cursor
   * and beyond, and the marked one too if it was empty; or, where the program uses the alternate screen, the lines
   * that were not there. Lines that went on beyond the right edge are whole.
   */
  gained(): Promise<Gained>;
  /**
   * Whether the line the cursor is on matches a regular expression, whole or up to the cursor; one that takes too
   * long does not match.
   */
  atPrompt(pattern: string): Promise<boolean>;
  onReply(listener: (reply: ScreenReply) => void): Disposable;
}

/** What a screen gained. */
export interface Gained {
  readonly text: string;
  /** False where so much came since the mark that its beginning is no longer kept. */
  readonly complete: boolean;
}

/** Where a screen begins. */
export interface ScreenStart {
  readonly size: HeldSize;
  readonly offset: number;
  /** What was asked before this byte was asked of somebody else, and gets no reply; nothing was, by default. */
  readonly answered?: number;
  /** Where the line of the cursor is remembered, as by `mark`; from `offset` on. */
  readonly mark?: number | undefined;
}

/** Makes screens. What follows them (a thread) starts with the first and ends after the last. */
export interface Screens extends Disposable {
  /** A screen of the output from `offset` on, where it has this size. */
  open(source: ScreenSource, start: ScreenStart): Screen;
}

/** A piece of output as clients get it, from `offset` up to `end`. */
export interface Piece {
  readonly offset: number;
  readonly end: number;
  /**
   * The data, in the encoding that was asked for, as a JSON string; a long one as its bytes in UTF-8, which are made
   * once, however many viewers send it.
   */
  readonly json: string | Buffer;
}

/** How a client comes to the terminal's holder by itself. */
export interface LaneOffer {
  /** Path of the socket. */
  readonly socket: string;
  /** In hex; good for one connection. */
  readonly token: string;
}

/** What the client of a lane has come to when it goes on through the daemon. */
export interface LaneEnd extends HeldSize {
  /** After the last byte it has. */
  readonly offset: number;
}

/** Why a viewer gets the screen anew. */
export type ResyncReason = 'slow' | 'asked' | 'lost';

/** What a client's side of a stream hears, in order. */
export interface ViewerSink {
  /** Sends a piece of output; `taken` is called once the kernel has it, and not if it never does. */
  data(piece: Piece, taken: () => void): void;
  resized(offset: number, size: HeldSize): void;
  /** False when it cannot be sent. With a lane, the data goes on there. */
  resynced(reason: ResyncReason, snapshot: Snapshot, lane: LaneOffer | undefined): boolean;
  ended(reason: StreamEnd, exit: ProcessExit | undefined): void;
  /** Whether so much waits for the client that nothing should be added. */
  pressed(): boolean;
  /** Hears when that is over. */
  onDrained(listener: () => void): Disposable;
}

/** How a client wants to look at a terminal. */
export interface ViewerRequest {
  /** Id of the stream and name of the clone, for errors. */
  readonly stream: string;
  readonly clone: string;
  readonly mode: 'talk' | 'watch';
  /** Who it is, for another who wants to talk. */
  readonly client: string;
  readonly encoding: StreamEncoding;
  readonly scrollback: number;
  readonly size: Partial<HeldSize>;
  readonly takeover: boolean;
  readonly queries: 'client' | 'daemon';
  readonly lossless: boolean;
  /** Whether the client can come to the holder by itself. */
  readonly lane: boolean;
  readonly from: { readonly run: string; readonly offset: number } | undefined;
  readonly sink: ViewerSink;
}

/** One client's place at a terminal. */
export interface Viewer extends Disposable {
  readonly run: string;
  readonly size: HeldSize;
  /** Where the data goes on. */
  readonly offset: number;
  /** Missing where the client goes on from where it was. */
  readonly snapshot: Snapshot | undefined;
  /** Where the data comes instead of here; missing where it comes here. */
  readonly lane: LaneOffer | undefined;
  /** Lets the data flow; called once the client has got its answer. */
  begin(): void;
  /** @throws streamReadOnly, streamEnded, inputFull; invalidParams where it is not base64 but should be */
  write(data: string): void;
  /** @throws streamReadOnly, streamEnded */
  resize(size: HeldSize): void;
  /** @throws ackInvalid, streamEnded */
  ack(offset: number): void;
  /** @throws streamEnded */
  resync(): void;
  /** The client goes on here from where its lane ended; nothing where it had none. @throws ackInvalid, streamEnded */
  rejoin(end: LaneEnd): Promise<void>;
  /** Hears once that it is over, whoever ended it, and why; at once if it is. Disposing the viewer ends it as `detached`. */
  onEnd(listener: (reason: StreamEnd) => void): Disposable;
}

/** A clone's terminal: a program in it, its screen, and whoever looks at it. */
export interface Terminal extends Disposable {
  readonly run: string;
  readonly held: HeldTerminal;
  readonly screen: Screen;
  readonly spool: Spool;
  readonly size: HeldSize;
  /** Resolves once the program has ended, its output is out and its viewers were told. */
  readonly exited: Promise<ProcessExit>;
  /** Types as the supplier itself; false when the program does not read. */
  write(data: string): boolean;
  onOutput(listener: (offset: number, chunk: Buffer) => void): Disposable;
  /**
   * Lets a client look.
   * @throws streamTaken when there is a talker and `takeover` is not set; limitReached; noTerminal when it has ended
   */
  attach(request: ViewerRequest): Promise<Viewer>;
  /** Resolves once all is known here that a client with a lane may have seen. */
  settled(): Promise<void>;
  /** Says why it is about to end, for its viewers; without it they hear `exited`. */
  ending(reason: StreamEnd): void;
}

/** Starts terminals for the suppliers, and takes up those that an earlier daemon left. */
export interface Terminals {
  /** @throws the system's error when the program cannot be started */
  open(what: HeldProgram, size: HeldSize): Promise<Terminal>;
  /** `mark` is the byte at which an earlier daemon has marked the screen; of what is no longer kept, the screen says so. */
  adopt(held: HeldTerminal, mark?: number): Terminal;
}

/** Size of a terminal that nobody has given one yet. */
export const defaultSize: HeldSize = { cols: 120, rows: 40 };
