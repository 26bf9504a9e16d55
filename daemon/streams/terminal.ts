import { fail } from '../../protocol/fail.js';
import type { StreamEnd } from '../../protocol/shapes/stream.js';
import type { HeldLanes, HeldSize, HeldTerminal, ProcessExit, Spool } from '../holder/contract.js';
import { type Disposable, DisposableStore, Emitter, onUnexpectedError } from '../lifecycle.js';
import type { Screen, Screens, ScreenStart, Terminal, Viewer, ViewerRequest } from './contract.js';
import { Output } from './output.js';
import { Pieces } from './pieces.js';
import { Seat } from './seat.js';
import { sameSize, SizeHistory } from './sizes.js';
import { lookAt } from './sighting.js';
import { type Ending, type Sighting, TerminalViewer, type ViewedTerminal } from './viewer.js';

/** Most viewers of one terminal. */
const maxViewers = 64;

/** How long viewers have to read what is left when the program has ended, in ms. */
const finishMs = 2000;

interface Chunk {
  readonly offset: number;
  readonly chunk: Buffer;
}

/** What an earlier daemon did with a terminal. */
type Past = Partial<Pick<ScreenStart, 'answered' | 'mark'>>;

/** A held terminal with its screen, its viewers and its one talker. */
export class HubTerminal implements Terminal, ViewedTerminal {
  readonly held: HeldTerminal;
  readonly screen: Screen;
  readonly output: Output;
  readonly sizes: SizeHistory;
  readonly pieces: Pieces;
  readonly exited: Promise<ProcessExit>;
  readonly #seat: Seat;
  readonly #viewers = new Set<TerminalViewer>();
  readonly #chunks = new Emitter<Chunk>();
  readonly #owned = new DisposableStore();
  #reason: StreamEnd | undefined;
  /** Whether any client was ever offered a lane. */
  #laned = false;
  /** Set once the program has ended, or this daemon no longer looks after it. */
  #over: Ending | undefined;

  /**
   * From its first byte on, or, after an earlier daemon, from the first that is kept; that one saw to what the
   * program asked before the byte `answered`, and may have left a mark.
   */
  constructor(held: HeldTerminal, screens: Screens, { answered = 0, mark }: Past = {}) {
    this.held = held;
    const { spool } = held;
    const start = spool.start;
    this.output = new Output(spool, spool.end);
    const marks = spool.marks(start, spool.end).filter((each) => each.type === 'resize');
    const [first, ...changes] = marks;
    this.sizes = new SizeHistory(first?.size ?? held.size, start);
    this.screen = this.#owned.add(
      screens.open(this.output, {
        size: this.sizes.last.size,
        // A mark whose line is no longer kept is set all the same: what came after it is known to lack its beginning.
        offset: Math.min(start, mark ?? start),
        answered,
        mark,
      }),
    );
    // Each part of the spool begins with the size it has, whether that is another one or not.
    for (const { size, offset } of changes) if (!sameSize(size, this.size)) this.#resized(size, offset);
    if (!sameSize(this.size, held.size)) this.#resized(held.size, this.output.end);
    this.screen.advance();
    this.pieces = new Pieces(this.output);
    this.#seat = new Seat({ held, screen: this.screen, output: this.output });
    this.#owned.add(held.onOutput((offset, chunk) => this.#hear({ offset, chunk })));
    this.#owned.add(this.#chunks);
    this.exited = this.#end();
  }

  get run(): string {
    return this.held.run;
  }

  get spool(): Spool {
    return this.held.spool;
  }

  get size(): HeldSize {
    return this.sizes.last.size;
  }

  get lanes(): HeldLanes | undefined {
    return this.held.lanes;
  }

  async settled(): Promise<void> {
    if (this.#laned) await this.lanes?.settled();
  }

  write(data: string | Buffer): boolean {
    return this.held.write(typeof data === 'string' ? Buffer.from(data, 'utf8') : data);
  }

  resize(size: HeldSize): void {
    if (this.#over || sameSize(size, this.size)) return;
    this.held.resize(size);
    this.#resized(size, this.output.end);
    this.#pump();
  }

  onOutput(listener: (offset: number, chunk: Buffer) => void): Disposable {
    return this.#chunks.on(({ offset, chunk }) => listener(offset, chunk));
  }

  async attach(request: ViewerRequest): Promise<Viewer> {
    const { clone, mode } = request;
    if (this.#over) throw goneOf(clone);
    if (this.#viewers.size >= maxViewers) {
      throw fail('limitReached', { what: `viewers of ${clone}`, limit: maxViewers });
    }
    const viewer = new TerminalViewer(this, request);
    this.#seat.take(viewer);
    this.#admit(viewer);
    if (mode === 'talk') this.resize({ ...this.size, ...request.size });
    this.#laned ||= viewer.lane !== undefined;
    // Who had its place before types no more then, and the holder knows of its own lane.
    if (this.#laned) await this.settled();
    const place = this.#resumable(viewer);
    if (place !== undefined) {
      viewer.resume(place);
      this.#seat.answersFrom(viewer, viewer.offset);
      return viewer;
    }
    try {
      const looking = lookAt(this, request.scrollback);
      this.#seat.answersFrom(viewer, this.output.end);
      viewer.place(await looking);
      return viewer;
    } catch (error) {
      viewer.dispose();
      // Its screen went with it.
      throw this.#over ? goneOf(clone) : error;
    }
  }

  async look(scrollback: number): Promise<Sighting> {
    if (this.#laned) await this.settled();
    return lookAt(this, scrollback);
  }

  ending(reason: StreamEnd): void {
    this.#reason ??= reason;
  }

  dispose(): void {
    this.#over ??= { reason: this.#reason ?? 'stopping', exit: undefined };
    for (const viewer of this.#viewers) viewer.end(this.#over);
    this.#owned.dispose();
    this.held.dispose();
  }

  #admit(viewer: TerminalViewer): void {
    this.#viewers.add(viewer);
    this.#share();
    viewer.onEnd(() => {
      this.#viewers.delete(viewer);
      this.#share();
      this.#seat.leave(viewer);
    });
  }

  /** Keeps what is encoded while several may send it. */
  #share(): void {
    let readers = 0;
    let direct = 0;
    for (const viewer of this.#viewers) {
      if (viewer.reads) readers += 1;
      else if (viewer.lane !== undefined) direct += 1;
    }
    this.pieces.share(readers > 1);
    // Only with a lane do clients hear of output before this process does.
    if (this.#laned) this.lanes?.hurry(readers > 0 || direct === 0);
  }

  /** Where a viewer can go on without a screen, if it can. */
  #resumable(viewer: TerminalViewer): number | undefined {
    const { from } = viewer.request;
    if (!from || from.run !== this.run) return undefined;
    const { offset } = from;
    const kept = offset >= this.output.start && offset <= this.output.end;
    return kept && !this.#seat.wouldRepeat(viewer, offset) ? offset : undefined;
  }

  #resized(size: HeldSize, offset: number): void {
    this.sizes.add(size, offset);
    this.screen.resize(size, offset);
  }

  #hear({ offset, chunk }: Chunk): void {
    if (!this.output.append(offset, chunk)) return;
    this.#pump();
    this.screen.advance();
    this.#chunks.fire({ offset, chunk });
  }

  #pump(): void {
    this.#share();
    for (const viewer of this.#viewers) {
      try {
        viewer.pump();
      } catch (error) {
        onUnexpectedError(error);
      }
    }
  }

  async #end(): Promise<ProcessExit> {
    const exit = await this.held.exited;
    const over = (this.#over ??= { reason: this.#reason ?? 'exited', exit });
    const told = [...this.#viewers].map((viewer) => new Promise<void>((end) => viewer.onEnd(() => end())));
    for (const viewer of this.#viewers) viewer.finish(over);
    const cut = setTimeout(() => this.#viewers.forEach((viewer) => viewer.end(over)), finishMs);
    await Promise.all(told);
    clearTimeout(cut);
    return exit;
  }
}

function goneOf(clone: string): Error {
  return fail('noTerminal', { clone, posture: 'off' });
}
