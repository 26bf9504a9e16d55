import { type IPty, spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { Looks } from './looks.js';

const keys: Readonly<Record<string, string>> = { 'C-c': '\x03', 'C-d': '\x04', Enter: '\r' };

/** Where the terminal's shell runs. */
export interface TerminalPlace {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A shell in a real PTY, and a terminal that follows its screen. */
export class Terminal implements AsyncDisposable {
  readonly #pty: IPty;
  readonly #screen = new xterm.Terminal({ cols: 100, rows: 40, scrollback: 500, allowProposedApi: true });
  readonly #ended: Promise<void>;
  readonly #looks = new Looks(() => this.screen());

  private constructor({ cwd, env }: TerminalPlace) {
    const own = { ...env, TERM: 'xterm-256color', LANG: 'C.UTF-8', PS1: '$ ' };
    this.#pty = spawn('bash', ['--norc', '--noprofile'], { cols: 100, rows: 40, cwd, env: own });
    this.#ended = new Promise((resolve) => this.#pty.onExit(() => resolve()));
    this.#pty.onData((data) =>
      this.#screen.write(data, () => {
        this.#looks.look();
      }),
    );
  }

  /** Opens a terminal of 100 by 40. */
  static async open(place: TerminalPlace): Promise<Terminal> {
    const terminal = new Terminal(place);
    try {
      await terminal.shows(/\$ $/);
      return terminal;
    } catch (error) {
      await terminal[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Types a line and presses Enter. */
  type(line: string): void {
    this.#pty.write(`${line}\r`);
  }

  /** Presses a key: `C-c`, `C-d` or `Enter`. */
  press(key: string): void {
    this.#pty.write(keys[key] ?? key);
  }

  /** What is on the screen and above it; a line that was wrapped is one line. */
  screen(): string {
    const { active } = this.#screen.buffer;
    const lines: string[] = [];
    for (let at = 0; at <= active.baseY + active.cursorY; at++) {
      const line = active.getLine(at);
      if (line === undefined) continue;
      const wraps = active.getLine(at + 1)?.isWrapped === true;
      const text = line.translateToString(!wraps);
      if (line.isWrapped && lines.length > 0) lines.push(`${lines.pop()}${text}`);
      else lines.push(text);
    }
    return `${lines.slice(0, -1).join('\n')}\n${lines.at(-1) ?? ''}${this.#atPrompt() ? ' ' : ''}`;
  }

  /** Resolves with the first match once it is on the screen. */
  shows(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#looks.until(pattern);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // An interactive bash loses a SIGHUP now and then; what runs in it gets one of its own when its leader is gone.
    this.#pty.kill('SIGKILL');
    await this.#ended;
    this.#screen.dispose();
  }

  /** Trailing blanks are cut from a line; the one before the cursor of a prompt belongs to it. */
  #atPrompt(): boolean {
    const { active } = this.#screen.buffer;
    return (
      active.getLine(active.baseY + active.cursorY)?.translateToString(true).length === active.cursorX - 1
    );
  }
}
