import { fail } from '../../protocol/fail.js';
import type { HeldTerminal } from '../holder/contract.js';
import type { Screen, ScreenReply } from './contract.js';
import type { Output } from './output.js';
import type { TerminalViewer } from './viewer.js';

/** What a seat belongs to. */
export interface SeatParts {
  readonly held: HeldTerminal;
  readonly screen: Screen;
  readonly output: Output;
}

/**
 * The talker's place at a terminal, and who answers what the program asks of it: a talker that is a terminal itself
 * answers what it is sent, from the byte it came at; the screen answers all else.
 */
export class Seat {
  readonly #parts: SeatParts;
  #talker: TerminalViewer | undefined;
  /** From this byte on the talker answers. */
  #answeredFrom: number | undefined;
  /** All that the screen has answered was put out before this byte. */
  #screenAnswered = 0;

  constructor(parts: SeatParts) {
    this.#parts = parts;
    parts.screen.onReply((reply) => this.#reply(reply));
  }

  /**
   * Gives the place to a viewer that wants to talk.
   * @throws streamTaken
   */
  take(viewer: TerminalViewer): void {
    const { mode, takeover, clone } = viewer.request;
    if (mode !== 'talk') return;
    const before = this.#talker;
    if (before && !takeover) throw fail('streamTaken', { clone, talker: before.request.client });
    before?.end({ reason: 'takenOver', exit: undefined });
    this.#talker = viewer;
  }

  /** The one whose place it is answers from this byte on, and from now on; to be called in the turn in which a screen is asked for. */
  answersFrom(viewer: TerminalViewer, offset: number): void {
    if (this.#talker !== viewer || viewer.request.queries !== 'client') return;
    this.#answeredFrom = offset;
    this.#parts.screen.answers(false);
  }

  /** Whether the talker's terminal would answer again what the screen has answered, if it were sent these bytes. */
  wouldRepeat(viewer: TerminalViewer, offset: number): boolean {
    const { mode, queries, lossless } = viewer.request;
    return mode === 'talk' && queries === 'client' && !lossless && this.#screenAnswered > offset;
  }

  leave(viewer: TerminalViewer): void {
    if (this.#talker !== viewer) return;
    this.#talker = undefined;
    if (this.#answeredFrom === undefined) return;
    this.#answeredFrom = undefined;
    this.#parts.screen.answers(true);
  }

  #reply({ offset, data }: ScreenReply): void {
    if (this.#answeredFrom !== undefined && offset >= this.#answeredFrom) return;
    const { held, output } = this.#parts;
    this.#screenAnswered = output.end;
    held.write(Buffer.from(data, 'utf8'));
  }
}
