import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Output of a terminal's program, or a new size of the terminal. */
export type Part = Buffer | { readonly cols: number; readonly rows: number };

/** What tmux shows of the same output. */
export interface TmuxScreen {
  /** The screen's lines, without blanks at their ends. */
  readonly text: string;
  /** The lines above it and those of the screen. */
  readonly history: string;
  /** The screen with its styles, blanks included. */
  readonly styled: readonly string[];
  /** By tmux's own names of its variables. */
  readonly variables: Readonly<Record<string, string>>;
}

const variables = [
  ...[
    'cursor_x',
    'cursor_y',
    'cursor_flag',
    'alternate_on',
    'insert_flag',
    'keypad_cursor_flag',
    'keypad_flag',
  ],
  ...[
    'mouse_standard_flag',
    'mouse_button_flag',
    'mouse_all_flag',
    'mouse_sgr_flag',
    'origin_flag',
    'wrap_flag',
  ],
  ...['scroll_region_upper', 'scroll_region_lower'],
];

/** How long tmux may take to draw a part, on a busy machine. */
const patienceMs = 20_000;

/** Draws output in tmux, in a server of its own that ends with the call. */
export async function drawInTmux(
  size: { readonly cols: number; readonly rows: number },
  parts: readonly Part[],
): Promise<TmuxScreen> {
  const folder = mkdtempSync(join(tmpdir(), 'khlone-'));
  const env = { PATH: process.env['PATH'], HOME: folder, LANG: 'C.UTF-8', TMUX_TMPDIR: folder };
  const tmux = (...args: string[]): string => {
    const run = spawnSync('tmux', ['-u', '-f', join(folder, 'conf'), ...args], { env, encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`tmux ${args[0]}: ${run.stderr}`);
    return run.stdout;
  };
  try {
    writeFileSync(join(folder, 'conf'), 'set -g status off\nset -g history-limit 10000\n');
    writeFileSync(join(folder, 'play'), player(parts, folder));
    tmux('new-session', '-d', '-x', String(size.cols), '-y', String(size.rows), `sh ${join(folder, 'play')}`);
    for (const [index, part] of parts.entries()) {
      if (Buffer.isBuffer(part)) {
        writeFileSync(join(folder, `go${index}`), '');
        await drawn(() => tmux('display-message', '-p', '#{pane_title}').trim() === `drawn ${index}`);
      } else tmux('resize-window', '-x', String(part.cols), '-y', String(part.rows));
    }
    const told = tmux('display-message', '-p', variables.map((name) => `#{${name}}`).join(' '))
      .trim()
      .split(' ');
    return {
      text: trimmed(tmux('capture-pane', '-p')),
      history: trimmed(tmux('capture-pane', '-p', '-S', '-')),
      styled: tmux('capture-pane', '-p', '-e', '-N').split('\n').slice(0, -1),
      variables: Object.fromEntries(variables.map((name, index) => [name, told[index] ?? ''])),
    };
  } finally {
    spawnSync('tmux', ['kill-server'], { env });
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * A program for the pane: each part once it is told to go on, and then a title by which the part is known to be
 * drawn. Raw, so that what tmux answers to questions does not echo.
 */
function player(parts: readonly Part[], folder: string): string {
  const lines = ['stty raw -echo'];
  for (const [index, part] of parts.entries()) {
    if (!Buffer.isBuffer(part)) continue;
    const path = join(folder, `part${index}`);
    writeFileSync(path, Buffer.concat([part, Buffer.from(`\u001b]2;drawn ${index}\u0007`)]));
    lines.push(`until [ -e ${join(folder, `go${index}`)} ]; do sleep 0.01; done`, `cat ${path}`);
  }
  return [...lines, 'exec sleep 1000', ''].join('\n');
}

async function drawn(look: () => boolean): Promise<void> {
  const limit = Date.now() + patienceMs;
  while (!look()) {
    if (Date.now() > limit) throw new Error('tmux did not draw');
    await wait(10);
  }
}

/** Without blanks at the ends of lines, and without empty lines at the end. */
function trimmed(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/ +$/, ''))
    .join('\n')
    .replace(/\n+$/, '');
}
