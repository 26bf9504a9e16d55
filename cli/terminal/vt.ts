import type { IMarker, Terminal } from '@xterm/headless';
import type { StreamPiece, StreamSnapshot } from '../../client/index.js';
import type { Size } from '../input.js';

/** Lines above the screen that are kept. */
const scrollback = 10_000;

/** A place in what a screen has shown. */
export interface Place {
  readonly marker: IMarker | undefined;
  /** Text of its line up to the cursor. */
  readonly before: string;
  /** The rows of the alternate screen, where that is the one in use. */
  readonly rows: readonly string[];
}

/** Brings what came of a stream to a screen that follows it. */
export async function show(piece: StreamPiece<Buffer>, vt: Vt): Promise<void> {
  if (piece.type === 'data') await vt.write(piece.data);
  else if (piece.type === 'snapshot') await vt.draw(piece.snapshot);
  else if (piece.type === 'resized') vt.resize(piece);
}

/** A terminal without a window: it follows a clone's, for those who cannot show its bytes as they are. */
export class Vt implements Disposable {
  readonly terminal: Terminal;
  #cursorHidden = false;

  private constructor(terminal: Terminal) {
    this.terminal = terminal;
    const cursor = (hidden: boolean) => (modes: readonly (number | number[])[]) => {
      if (modes.includes(25)) this.#cursorHidden = hidden;
      return false;
    };
    terminal.parser.registerCsiHandler({ prefix: '?', final: 'h' }, cursor(false));
    terminal.parser.registerCsiHandler({ prefix: '?', final: 'l' }, cursor(true));
  }

  /** Loads the terminal, which takes longer than most commands run. */
  static async open(size: Size): Promise<Vt> {
    const { default: xterm } = await import('@xterm/headless');
    return new Vt(new xterm.Terminal({ ...size, scrollback, allowProposedApi: true }));
  }

  get cursorHidden(): boolean {
    return this.#cursorHidden;
  }

  /** Resolves once it is on the screen. */
  write(data: Uint8Array | string): Promise<void> {
    return new Promise((resolve) => this.terminal.write(data, resolve));
  }

  async draw({ cols, rows, data }: StreamSnapshot): Promise<void> {
    this.terminal.reset();
    this.#cursorHidden = false;
    this.resize({ cols, rows });
    await this.write(data);
  }

  resize({ cols, rows }: Size): void {
    this.terminal.resize(cols, rows);
  }

  /** Where the cursor is. */
  place(): Place {
    const { active } = this.terminal.buffer;
    const line = active.getLine(active.baseY + active.cursorY);
    return {
      marker: this.terminal.registerMarker(0),
      before: line?.translateToString(false, 0, active.cursorX) ?? '',
      rows: active.type === 'alternate' ? this.#rows() : [],
    };
  }

  /** What the screen has shown since, as plain text; of the alternate screen the rows that are not as they were. */
  since({ marker, before, rows }: Place): string {
    const { active } = this.terminal.buffer;
    if (active.type === 'alternate') {
      const changed = this.#rows().filter((row, at) => row !== rows[at] && (row !== '' || rows.length === 0));
      return changed.join('\n').trimEnd();
    }
    // A marker that is no longer among the lines kept is at -1.
    const from = Math.max(marker?.line ?? 0, 0);
    const lines: string[] = [];
    for (let at = from; at < active.length; at++) {
      const line = active.getLine(at);
      if (line === undefined) break;
      const wraps = active.getLine(at + 1)?.isWrapped === true;
      const text = line.translateToString(!wraps);
      if (line.isWrapped && lines.length > 0) lines.push(`${lines.pop()}${text}`);
      else lines.push(text);
    }
    const [first = ''] = lines;
    if (marker !== undefined && !marker.isDisposed && first.startsWith(before.trimEnd())) {
      lines[0] = first.slice(before.length);
    }
    return lines.join('\n').trimEnd();
  }

  #rows(): string[] {
    const { active } = this.terminal.buffer;
    return Array.from(
      { length: this.terminal.rows },
      (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? '',
    );
  }

  [Symbol.dispose](): void {
    this.terminal.dispose();
  }
}
