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

/** What a window's terminal is set to, as tmux tells it: a program that leaves has to leave it as it was. */
const states = [
  ...['alternate_on', 'cursor_flag', 'insert_flag', 'keypad_cursor_flag', 'keypad_flag', 'origin_flag'],
  ...['wrap_flag', 'scroll_region_upper', 'scroll_region_lower', 'mouse_any_flag', 'mouse_all_flag'],
  ...['mouse_button_flag', 'mouse_standard_flag', 'mouse_sgr_flag', 'mouse_utf8_flag'],
];

/** Where a server's shells run. */
export interface TmuxPlace {
  /** An existing folder for its socket. */
  readonly folder: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A size, in cells. */
export interface WindowSize {
  readonly cols: number;
  readonly rows: number;
}

/** A tmux server of its own, with windows that a test types into and reads, as a person would. */
export class Tmux implements AsyncDisposable {
  readonly #place: TmuxPlace;
  readonly #socket: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #controls: ChildProcess[] = [];
  #windows = 0;

  constructor(place: TmuxPlace) {
    this.#place = place;
    this.#socket = join(place.folder, `t${process.pid}`);
    this.#env = { ...place.env, TERM: 'xterm-256color', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' };
  }

  /** Opens a window with a shell in it. */
  async open({ cols, rows }: WindowSize): Promise<TmuxWindow> {
    const name = `w${++this.#windows}`;
    const size = ['-x', String(cols), '-y', String(rows)];
    // Whatever shell tmux starts it by drops the prompt of its own environment.
    const shell = "PS1='$ ' exec bash --norc --noprofile";
    // A session for each: a second window in one that nobody looks at crashes tmux 3.3a.
    await this.call('new-session', '-d', '-s', name, ...size, '-c', this.#place.cwd, shell);
    // The size is the test's to choose, and the last line the program's.
    await this.call('set-option', '-g', 'status', 'off');
    await this.call('set-option', '-t', name, 'window-size', 'manual');
    await this.call('resize-window', '-t', name, ...size);
    // It is told of all that is printed, so that nobody has to look again and again.
    const control = spawn(
      'tmux',
      ['-S', this.#socket, '-f', '/dev/null', '-C', 'attach', '-t', name, '-f', 'ignore-size'],
      { env: this.#env, stdio: ['pipe', 'pipe', 'ignore'] },
    );
    this.#controls.push(control);
    const window = new TmuxWindow(this, name, control);
    await window.shows(/\$$/);
    return window;
  }

  /** Runs a command of tmux; what it prints. */
  async call(...words: readonly string[]): Promise<string> {
    const { stdout } = await run('tmux', ['-S', this.#socket, '-f', '/dev/null', ...words], {
      env: this.#env,
    });
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.#controls.map(async (control) => {
      if (control.exitCode === null && control.signalCode === null) await once(control, 'exit');
    });
    await this.call('kill-server').catch(() => undefined);
    await Promise.all(ended);
  }
}

/** One window. */
export class TmuxWindow {
  readonly #tmux: Tmux;
  readonly #name: string;
  readonly #looks = new Set<() => void>();

  /** `control`: a client of its session in control mode. */
  constructor(tmux: Tmux, name: string, control: ChildProcess) {
    this.#tmux = tmux;
    this.#name = name;
    control.stdout?.on('data', () => {
      for (const look of this.#looks) look();
    });
  }

  /** Types text as it is. */
  async type(text: string): Promise<void> {
    await this.#tmux.call('send-keys', '-t', this.#name, '-l', '--', text);
  }

  /** Presses keys by tmux's names: `Enter`, `C-b`, `Escape`. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#tmux.call('send-keys', '-t', this.#name, ...keys);
  }

  /** Types a line and presses Enter. */
  async line(text: string): Promise<void> {
    await this.type(text);
    await this.press('Enter');
  }

  /** What it shows, without blanks at the end. */
  async text(): Promise<string> {
    return (await this.#tmux.call('capture-pane', '-p', '-t', this.#name)).trimEnd();
  }

  /** What it shows and what is above, with colours. */
  async everything(): Promise<string> {
    return (await this.#tmux.call('capture-pane', '-p', '-e', '-S', '-', '-t', this.#name)).trimEnd();
  }

  /** How its terminal is set. */
  async state(): Promise<Record<string, string>> {
    const format = states.map((name) => `${name}=#{${name}}`).join(' ');
    const told = await this.#tmux.call('display-message', '-p', '-t', this.#name, format);
    return Object.fromEntries(
      told
        .trim()
        .split(' ')
        .map((pair) => pair.split('=', 2) as [string, string]),
    );
  }

  /** Its title. */
  async title(): Promise<string> {
    return (await this.#tmux.call('display-message', '-p', '-t', this.#name, '#{pane_title}')).trim();
  }

  /** Gives the window another size, as a person does who drags its corner. */
  async resize({ cols, rows }: WindowSize): Promise<void> {
    await this.#tmux.call('resize-window', '-t', this.#name, '-x', String(cols), '-y', String(rows));
  }

  /** Resolves with the first match once it is shown. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    const limit = AbortSignal.timeout(patienceMs);
    let changed = false;
    let wake = (): void => {};
    const look = (): void => {
      changed = true;
      wake();
    };
    this.#looks.add(look);
    limit.addEventListener('abort', look, { once: true });
    try {
      for (;;) {
        changed = false;
        const text = await this.text();
        const found = pattern.exec(text);
        if (found !== null) return found;
        if (limit.aborted) throw new Error(`the window never showed ${pattern}:\n${text}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (changed) resolve();
        });
      }
    } finally {
      this.#looks.delete(look);
    }
  }
}
