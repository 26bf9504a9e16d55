import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Longest time a program takes to show what is waited for, on a busy machine. */
const patienceMs = 30_000;

/** Why tmux cannot be used here; undefined where it can. */
export const noTmux: string | undefined =
  spawnSync('tmux', ['-V']).status === 0 ? undefined : 'tmux is not installed';

/** What a pane's terminal is set to, as tmux tells it: a program that leaves has to leave it as it was. */
const states = [
  ...['alternate_on', 'cursor_flag', 'insert_flag', 'keypad_cursor_flag', 'keypad_flag', 'origin_flag'],
  ...['wrap_flag', 'scroll_region_upper', 'scroll_region_lower', 'mouse_any_flag', 'mouse_all_flag'],
  ...['mouse_button_flag', 'mouse_standard_flag', 'mouse_sgr_flag', 'mouse_utf8_flag', 'pane_title'],
];

/** Where a server's shells run. */
export interface TmuxPlace {
  /** An existing folder for its socket. */
  readonly folder: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A tmux server of its own, with windows that a test types into and reads, as a person would. */
export class Tmux implements AsyncDisposable {
  readonly #socket: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #looks = new Set<() => void>();
  #control: ChildProcess | undefined;
  #windows = 0;

  private constructor({ folder, env }: TmuxPlace) {
    this.#socket = join(folder, `t${process.pid}`);
    this.#env = { ...env, TERM: 'xterm-256color', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', PS1: '$ ' };
  }

  /** Starts a server; it shows nothing until a window is opened. */
  static async start(place: TmuxPlace): Promise<Tmux> {
    const tmux = new Tmux(place);
    // A first window keeps the server; its size is nobody's.
    await tmux.call('new-session', '-d', '-s', 'main', '-x', '80', '-y', '24', '-c', place.cwd, 'cat');
    for (const [option, value] of [
      ['default-terminal', 'tmux-256color'],
      ['status', 'off'],
      ['window-size', 'manual'],
      ['escape-time', '0'],
    ] as const) {
      await tmux.call('set-option', '-g', option, value);
    }
    // It is told of everything that is printed, so that nobody has to look again and again.
    const control = spawn(
      'tmux',
      ['-S', tmux.#socket, '-f', '/dev/null', '-C', 'attach', '-t', 'main', '-f', 'ignore-size'],
      {
        env: tmux.#env,
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    );
    control.stdout.on('data', () => {
      for (const look of tmux.#looks) look();
    });
    tmux.#control = control;
    return tmux;
  }

  /** Opens a window with a shell in it. */
  async open({ cols, rows }: { readonly cols: number; readonly rows: number }): Promise<TmuxWindow> {
    const name = `w${++this.#windows}`;
    await this.call('new-window', '-d', '-t', 'main', '-n', name, 'exec bash --norc --noprofile');
    const window = new TmuxWindow(this, `main:${name}`);
    await window.resize(cols, rows);
    await window.shows(/\$ ?$/);
    return window;
  }

  /** Runs a command of tmux; what it prints. */
  async call(...words: readonly string[]): Promise<string> {
    const { stdout } = await run('tmux', ['-S', this.#socket, '-f', '/dev/null', ...words], {
      env: this.#env,
    });
    return stdout;
  }

  /** Hears whenever something may have been printed. */
  onChange(look: () => void): Disposable {
    this.#looks.add(look);
    return { [Symbol.dispose]: () => void this.#looks.delete(look) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const control = this.#control;
    const ended = control === undefined || control.exitCode !== null ? undefined : once(control, 'exit');
    await this.call('kill-server').catch(() => undefined);
    await ended;
  }
}

/** One window. */
export class TmuxWindow {
  readonly #tmux: Tmux;
  readonly #target: string;

  constructor(tmux: Tmux, target: string) {
    this.#tmux = tmux;
    this.#target = target;
  }

  /** Types text as it is. */
  async type(text: string): Promise<void> {
    await this.#tmux.call('send-keys', '-t', this.#target, '-l', '--', text);
  }

  /** Presses keys by tmux's names: `Enter`, `C-b`, `Escape`. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#tmux.call('send-keys', '-t', this.#target, ...keys);
  }

  /** Types a line and presses Enter. */
  async line(text: string): Promise<void> {
    await this.type(text);
    await this.press('Enter');
  }

  /** What it shows, without blanks at the end. */
  async text(): Promise<string> {
    return (await this.#tmux.call('capture-pane', '-p', '-t', this.#target)).trimEnd();
  }

  /** What it shows and what is above, with colours. */
  async everything(): Promise<string> {
    return (await this.#tmux.call('capture-pane', '-p', '-e', '-S', '-', '-t', this.#target)).trimEnd();
  }

  /** How its terminal is set. */
  async state(): Promise<Record<string, string>> {
    const format = states.map((name) => `${name}=#{${name}}`).join('\n');
    const told = await this.#tmux.call('display-message', '-p', '-t', this.#target, format);
    return Object.fromEntries(
      told
        .trimEnd()
        .split('\n')
        .map((line) => line.split('=', 2) as [string, string]),
    );
  }

  /** Gives the window another size, as a person does who drags its corner. */
  async resize(cols: number, rows: number): Promise<void> {
    await this.#tmux.call('resize-window', '-t', this.#target, '-x', String(cols), '-y', String(rows));
  }

  /** Resolves with the first match once it is shown. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    const limit = AbortSignal.timeout(patienceMs);
    let changed = true;
    let wake = (): void => {};
    using _ = this.#tmux.onChange(() => {
      changed = true;
      wake();
    });
    for (;;) {
      changed = false;
      const text = await this.text();
      const found = pattern.exec(text);
      if (found !== null) return found;
      if (limit.aborted) throw new Error(`the window never showed ${pattern}:\n${text}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
        limit.addEventListener('abort', () => resolve(), { once: true });
        if (changed) resolve();
      });
    }
  }
}
