import { spawn } from '@lydell/node-pty';
import type { ScreenText } from '../../daemon/streams/contract.js';
import { HeadlessScreen } from '../../daemon/streams/screen/headlessScreen.js';
import type { Part } from './tmuxScreen.js';

/** What is done once the screen shows something: keys are typed, or the terminal gets another size. */
export interface Step {
  readonly shows: RegExp;
  readonly keys?: string;
  readonly size?: { readonly cols: number; readonly rows: number };
}

interface Program {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  /** The last only waits. */
  readonly steps: readonly Step[];
}

/** How long a program may take to show what is waited for, on a busy machine. */
const patienceMs = 30_000;

/** Output is taken for complete when nothing came for so long. */
const quietMs = 150;

const start = { cols: 80, rows: 24 };

/** Runs a program in a terminal of 80 by 24, and returns what it put out. */
export async function record({ command: [file, ...args], cwd, steps }: Program): Promise<Part[]> {
  const parts: Part[] = [];
  const env = { PATH: process.env['PATH'], HOME: cwd, LANG: 'C.UTF-8', TERM: 'xterm-256color' };
  const pty = spawn(file, args, { ...start, cwd, env, encoding: null });
  const screen = new HeadlessScreen({ size: start, offset: 0 }, ({ data }) => pty.write(data));
  let heard = (): void => undefined;
  let pending: Buffer[] = [];
  pty.onData((data) => {
    const chunk = Buffer.from(data as unknown as Uint8Array);
    pending.push(chunk);
    screen.feed(screen.offset, chunk);
    heard();
  });
  const exited = new Promise<void>((resolve) => pty.onExit(() => resolve()));
  const text = (): string => (screen.answer({ type: 'text', scrollback: 0, ansi: false }) as ScreenText).text;
  const shows = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      let quiet: NodeJS.Timeout | undefined;
      const limit = setTimeout(
        () => reject(new Error(`${file} does not show ${pattern}:\n${text()}`)),
        patienceMs,
      );
      heard = () => {
        clearTimeout(quiet);
        if (!pattern.test(text())) return;
        quiet = setTimeout(() => {
          clearTimeout(limit);
          heard = () => undefined;
          resolve();
        }, quietMs);
      };
      heard();
    });
  try {
    for (const step of steps) {
      await shows(step.shows);
      if (step.size) {
        parts.push(Buffer.concat(pending), step.size);
        pending = [];
        screen.resize(step.size);
        pty.resize(step.size.cols, step.size.rows);
      }
      if (step.keys !== undefined) pty.write(step.keys);
    }
    return [...parts, Buffer.concat(pending)];
  } finally {
    pty.kill('SIGKILL');
    await exited;
    screen.dispose();
  }
}
