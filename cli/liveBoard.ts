import { setTimeout as wait } from 'node:timers/promises';
import type { Khlone } from '../client/index.js';
import { isKhloneError } from '../client/index.js';
import { readBoard } from './board.js';
import type { Ending } from './exit.js';
import type { Output } from './output.js';
import { renderBoard, type BoardState } from './render/board.js';
import { drawOver, fitScreen } from './render/screen.js';

/** Events that change nothing on the board; they come by the hundred. */
const unseen = new Set([
  'message.delta',
  'message.completed',
  'message.typed',
  'tool.started',
  'tool.finished',
]);

/** Least time between two pictures. */
const pauseMs = 150;
/** How often ages are brought up to date on a terminal. */
const tickMs = 1000;
/** How often it is asked what the clones use, which no event tells. */
const measureMs = 5_000;

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const clearScreen = '\u001b[2J';

/** Where a live board goes, and of whom it is. */
export interface LiveBoard {
  readonly out: Output;
  /** All when left out. */
  readonly who: string | undefined;
}

/**
 * Draws the board whenever something changes, until Ctrl-C. On a terminal in place; else one board after the
 * other, with `--json` a line each.
 */
export async function watchBoard(khlone: Khlone, { out, who }: LiveBoard): Promise<Ending> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, onSignal);
  await using events = khlone.events({
    from: 'tail',
    signal: stop.signal,
    ...(who !== undefined && { who }),
  });
  await events.ready;
  const live = out.results.terminal && !out.json;
  if (live) out.write(hideCursor + clearScreen);
  try {
    let board = await readBoard(khlone, who);
    let readAt = Date.now();
    const measured = (): boolean => board.clones.some(({ resources }) => resources !== undefined);
    draw(board, out, live);
    const change = new Change();
    const heard = (async () => {
      for await (const event of events) if (!unseen.has(event.type)) change.mark();
      change.end();
    })();
    while (await change.next(live ? tickMs : undefined)) {
      const late = live && measured() && Date.now() - readAt >= measureMs;
      if (change.take() || late) {
        readAt = Date.now();
        board = (await reread(khlone, who)) ?? board;
        draw(board, out, live);
        await wait(pauseMs);
      } else if (live) draw(board, out, live);
    }
    await heard;
  } finally {
    if (live) out.write(showCursor);
  }
  return 'done';
}

/** The board, or nothing while the daemon is away: its events go on once it is back. */
async function reread(khlone: Khlone, who: string | undefined): Promise<BoardState | undefined> {
  try {
    return await readBoard(khlone, who);
  } catch (error) {
    if (isKhloneError(error) && error.retryable) return undefined;
    throw error;
  }
}

function draw(board: BoardState, out: Output, live: boolean): void {
  if (out.json) {
    out.line(board);
    return;
  }
  const { style, columns } = out.results;
  const picture = renderBoard(board, { style, columns, now: Date.now() });
  if (!live) {
    out.write(`${picture}\n`);
    return;
  }
  const lines = fitScreen(picture.trimEnd().split('\n'), { rows: out.rows, columns }, style);
  out.write(drawOver(lines, columns));
}

/** Tells a loop that something changed, however often it did. */
class Change {
  #marked = false;
  #ended = false;
  #wake: (() => void) | undefined;

  mark(): void {
    this.#marked = true;
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Whether something changed since the last call. */
  take(): boolean {
    const was = this.#marked;
    this.#marked = false;
    return was;
  }

  /** Resolves with true at the next change, or after so long without one; with false at the end. */
  async next(limitMs: number | undefined): Promise<boolean> {
    if (!this.#marked && !this.#ended) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (limitMs !== undefined) timer = setTimeout(resolve, limitMs);
      });
      clearTimeout(timer);
      this.#wake = undefined;
    }
    return !this.#ended;
  }
}
