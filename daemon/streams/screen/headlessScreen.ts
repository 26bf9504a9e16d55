import xterm, { type Terminal } from '@xterm/headless';
import type { HeldSize } from '../../holder/contract.js';
import type { Gained, ScreenReply, ScreenText, Snapshot } from '../contract.js';
import { answerMore } from './answers.js';
import { bound } from './bounds.js';
import { coreOf, type Core } from './core.js';
import { GainedLines } from './gained.js';
import { mend } from './mend.js';
import { Modes } from './modes.js';
import { matchesInTime } from './pattern.js';
import { cursorLine, linesOf, promptLines, screenText } from './screenText.js';
import { drawSnapshot } from './snapshot.js';
import { WholeOffset } from './whole.js';
import { useWidths } from './widths.js';

/**
 * Lines kept above the screen: as many as fit in so many cells, of twelve bytes each, but neither more nor fewer
 * than that. A screen takes 0.2 MB when empty and at most 7 MB when full, 12 MB if it is 1,000 columns wide.
 */
const kept = { cells: 400_000, mostLines: 5_000, fewestLines: 1_000 } as const;

/** Parsed at once: the terminal keeps a buffer of four times this. */
const sliceBytes = 16 * 1024;

/** Narrowest terminal that @xterm/headless knows. */
const leastColumns = 2;

/** RIS: everything as on a new terminal, but for the title. */
const fullReset = Buffer.from('\u001bc');

/** What has to be answered about a screen at its present byte. */
export type ScreenRequest =
  | { readonly type: 'snapshot'; readonly scrollback: number }
  | { readonly type: 'text'; readonly scrollback: number; readonly ansi: boolean }
  | { readonly type: 'mark' }
  | { readonly type: 'gained' }
  | { readonly type: 'atPrompt'; readonly pattern: string };

/** Answers by type of request. */
export interface ScreenAnswers {
  readonly snapshot: Snapshot;
  readonly text: ScreenText;
  readonly mark: undefined;
  readonly gained: Gained;
  readonly atPrompt: boolean;
}

/** One screen and all it knows; works at once, in the thread it is called in. */
export class HeadlessScreen {
  readonly #terminal: Terminal;
  readonly #core: Core;
  readonly #modes: Modes;
  readonly #whole: WholeOffset;
  readonly #gained: GainedLines;
  readonly #reply: (reply: ScreenReply) => void;
  #size: HeldSize;
  #wanted = true;
  #piece: number;

  constructor(
    start: { readonly size: HeldSize; readonly offset: number },
    reply: (reply: ScreenReply) => void,
  ) {
    this.#size = start.size;
    this.#piece = start.offset;
    this.#reply = reply;
    this.#terminal = new xterm.Terminal({
      cols: Math.max(leastColumns, start.size.cols),
      rows: start.size.rows,
      scrollback: scrollbackFor(start.size.cols),
      allowProposedApi: true,
      reflowCursorLine: true,
      logLevel: 'off',
      windowOptions: { getWinSizeChars: true, pushTitle: true, popTitle: true },
    });
    this.#core = coreOf(this.#terminal);
    mend(this.#terminal, this.#core);
    bound(this.#terminal, this.#core);
    useWidths(this.#terminal);
    this.#modes = new Modes(this.#terminal, this.#core);
    this.#whole = new WholeOffset(this.#core, start.offset);
    this.#gained = new GainedLines(this.#core);
    answerMore(this.#terminal, this.#core, this.#modes);
    this.#terminal.onData((data) => {
      if (this.#wanted) this.#reply({ offset: this.#piece, data });
    });
  }

  /** Offset after the last byte that was parsed. */
  get offset(): number {
    return this.#whole.end;
  }

  /** Parses output; where bytes are missing before it, the screen starts anew. */
  feed(offset: number, chunk: Uint8Array): void {
    if (offset !== this.#whole.end) this.#startAnew(offset);
    this.#piece = offset;
    for (let at = 0; at < chunk.length; at += sliceBytes) {
      const slice = chunk.subarray(at, at + sliceBytes);
      this.#core._writeBuffer.writeSync(slice);
      this.#whole.parsed(slice);
    }
  }

  resize(size: HeldSize): void {
    this.#size = size;
    const lines = scrollbackFor(size.cols);
    if (lines < (this.#terminal.options.scrollback ?? 0)) this.#terminal.options.scrollback = lines;
    this.#terminal.resize(Math.max(leastColumns, size.cols), size.rows);
    if (lines > (this.#terminal.options.scrollback ?? 0)) this.#terminal.options.scrollback = lines;
  }

  answers(wanted: boolean): void {
    this.#wanted = wanted;
  }

  answer(request: ScreenRequest): ScreenAnswers[ScreenRequest['type']] {
    switch (request.type) {
      case 'snapshot':
        return this.#snapshot(request.scrollback);
      case 'text':
        return this.#text(request);
      case 'mark':
        this.#gained.mark();
        return undefined;
      case 'gained':
        return this.#gained.take();
      case 'atPrompt':
        return promptLines(this.#core).some((line) => matchesInTime(request.pattern, line));
    }
  }

  dispose(): void {
    this.#modes.dispose();
    this.#terminal.dispose();
  }

  #startAnew(offset: number): void {
    this.#core._inputHandler._parser.reset();
    this.#core._inputHandler._utf8Decoder.clear();
    this.#core._writeBuffer.writeSync(fullReset);
    this.#gained.lose();
    this.#whole.jump(offset);
  }

  #snapshot(scrollback: number): Snapshot {
    const title = this.#core._inputHandler._windowTitle;
    const drawing = drawSnapshot(
      { terminal: this.#terminal, core: this.#core, modes: this.#modes },
      scrollback,
    );
    return {
      ...this.#size,
      offset: this.#whole.whole,
      data: drawing + this.#whole.opener,
      ...(title === '' ? {} : { title }),
    };
  }

  #text(request: { readonly scrollback: number; readonly ansi: boolean }): ScreenText {
    const { active, alt } = this.#core.buffers;
    const lines = linesOf(this.#core, request.scrollback);
    const { x, y } = active;
    return {
      ...this.#size,
      offset: this.#whole.whole,
      ...screenText(this.#terminal, { core: this.#core, lines, ansi: request.ansi }),
      cursor: { x: Math.min(x, this.#core.cols - 1), y, visible: !this.#core.coreService.isCursorHidden },
      line: cursorLine(this.#core),
      title: this.#core._inputHandler._windowTitle,
      alternate: active === alt,
    };
  }
}

function scrollbackFor(columns: number): number {
  return Math.min(kept.mostLines, Math.max(kept.fewestLines, Math.floor(kept.cells / columns)));
}
