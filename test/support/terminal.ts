import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Between two looks at the screen, in ms: tmux tells of no change. */
const pollMs = 30;
/** Longest time a command takes to say what is waited for, on a busy machine. */
const patienceMs = 30_000;

/** Where the terminal's shell runs. */
export interface TerminalPlace {
  /** Folder for the terminal's own socket. */
  readonly folder: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A real terminal with a shell in it, kept by a tmux server of its own. */
export class Terminal implements AsyncDisposable {
  readonly #socket: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(socket: string, env: NodeJS.ProcessEnv) {
    this.#socket = socket;
    this.#env = env;
  }

  /** Opens a terminal of 100 by 40. Needs tmux on the PATH. */
  static async open({ folder, cwd, env }: TerminalPlace): Promise<Terminal> {
    const own = { ...env, TERM: 'xterm-256color', LANG: 'C.UTF-8' };
    const terminal = new Terminal(join(folder, 'tmux'), own);
    const size = ['-x', '100', '-y', '40'];
    await terminal.#tmux(
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      ...size,
      '-c',
      cwd,
      'exec bash --norc --noprofile',
    );
    try {
      await terminal.shows(/[$#]/);
      return terminal;
    } catch (error) {
      await terminal[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Types a line and presses Enter. */
  async type(line: string): Promise<void> {
    await this.#tmux('send-keys', '-l', line);
    await this.#tmux('send-keys', 'Enter');
  }

  /** Presses a key by tmux's name for it, such as `C-c`. */
  async press(key: string): Promise<void> {
    await this.#tmux('send-keys', key);
  }

  /** What is on the screen and above it. */
  async screen(): Promise<string> {
    return (await this.#tmux('capture-pane', '-p', '-J', '-S', '-500')).replace(/\n+$/, '\n');
  }

  /** Resolves with the first match once it is on the screen. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    const until = Date.now() + patienceMs;
    for (;;) {
      const screen = await this.screen();
      const found = pattern.exec(screen);
      if (found !== null) return found;
      if (Date.now() > until) throw new Error(`the screen never showed ${pattern}:\n${screen}`);
      await wait(pollMs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux('kill-server').catch(() => undefined);
  }

  async #tmux(...words: readonly string[]): Promise<string> {
    const { stdout } = await run('tmux', ['-u', '-S', this.#socket, ...words], { env: this.#env });
    return stdout;
  }
}
