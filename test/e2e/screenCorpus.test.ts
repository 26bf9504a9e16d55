import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScreenText, Snapshot } from '../../daemon/streams/contract.js';
import { HeadlessScreen } from '../../daemon/streams/screen/headlessScreen.js';
import { Random } from '../support/random.js';
import { record, type Step } from '../support/recording.js';
import { cursorOf, styledRows, styledRowsOf } from '../support/screenRows.js';
import { PlainTerminal } from '../support/terminalState.js';
import { drawInTmux, type Part, type TmuxScreen } from '../support/tmuxScreen.js';

const size = { cols: 80, rows: 24 };

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const missing = ['tmux', 'vim', 'less', 'htop'].filter((program) => !has(program));

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'khlone-'));
  const source = Array.from(
    { length: 300 },
    (_, i) => `static int line_${i}(char *s) { return ${i}; } /* 日本 e\u0301 */`,
  );
  writeFileSync(join(folder, 'source.c'), `#include <stdio.h>\n${source.join('\n')}\n`);
  writeFileSync(
    join(folder, 'prose.txt'),
    `${'The quick brown fox jumps over the lazy dog. '.repeat(5)}\n`.repeat(60),
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A real program, run in a terminal and recorded. */
interface Recorded {
  readonly name: string;
  /** It scrolls within regions, which only tmux keeps lines of; see the differences. */
  readonly regions?: boolean;
  readonly command: readonly [string, ...string[]];
  readonly steps: readonly Step[];
}

const vim = ['vim', '-u', 'NONE', '-N', '-i', 'NONE', '-n', 'source.c'] as const;
const syntax = ':syntax on | set number hlsearch | redraw!\r';

const programs: readonly Recorded[] = [
  {
    name: 'vim with colours, a search, two windows and a selection',
    command: vim,
    steps: [
      { shows: /line_5/, keys: syntax },
      { shows: / 2 static/, keys: ':split\r' },
      { shows: /source\.c[^]*source\.c/, keys: '/line_77\r' },
      { shows: /line_77/, keys: 'zz\u0017\u0017G' },
      { shows: /301 static/, keys: 'V5k' },
      { shows: /VISUAL LINE/ },
    ],
  },
  {
    name: 'vim while text is typed into the middle of long lines',
    command: ['vim', '-u', 'NONE', '-N', '-i', 'NONE', '-n', 'prose.txt'],
    steps: [
      { shows: /quick/, keys: '10jwiinserted 日本 ' },
      { shows: /INSERT/, keys: '\u001b3dd5\u0005' },
      { shows: /quick/, keys: 'Oabove\u001bxu' },
      { shows: /change|above/ },
    ],
  },
  {
    name: 'vim after it was left',
    command: ['sh', '-c', 'seq 1 10; vim -u NONE -N -i NONE -n source.c; echo back'],
    steps: [{ shows: /line_5/, keys: ':q\r' }, { shows: /back$/ }],
  },
  {
    name: 'vim that was made smaller and larger',
    command: vim,
    steps: [
      { shows: /line_5/, keys: syntax },
      { shows: / 2 static/, size: { cols: 61, rows: 15 } },
      { shows: / 2 static/, keys: 'Gzz' },
      { shows: /301 static/, size: { cols: 100, rows: 30 } },
      { shows: /301 static/, keys: 'gg' },
      { shows: / 2 static/ },
    ],
  },
  {
    name: 'less within a file, after a search',
    command: ['less', 'source.c'],
    steps: [
      { shows: /source\.c/, keys: '  ' },
      { shows: /line_50/, keys: '/line_12[0-9]\r' },
      { shows: /line_120/, keys: 'kkk' },
      { shows: /line_117/ },
    ],
  },
  {
    name: 'less that goes backwards',
    command: ['less', '-S', 'prose.txt'],
    steps: [{ shows: /prose/, keys: 'G' }, { shows: /END/, keys: 'bbkkkk' }, { shows: /quick/ }],
  },
  {
    name: 'htop',
    command: ['htop', '--delay=100'],
    steps: [{ shows: /PID[^]*F10/, keys: '\u001b[B\u001b[B' }, { shows: /F10/ }],
  },
  {
    name: 'htop with its settings open',
    command: ['htop', '--delay=100'],
    steps: [{ shows: /PID[^]*F10/, keys: '\u001bOQ' }, { shows: /Meters|Display options/ }],
  },
  {
    name: 'ls in colours and columns, in a shell',
    command: ['bash', '--norc', '--noprofile', '-i'],
    steps: [
      {
        shows: /[$#]$/,
        keys: 'PS1="\\[\\e[1;32m\\]$ \\[\\e[m\\]"; ls --color=always -C /usr/bin | head -70\r',
      },
      {
        shows: /\n\$$/,
        keys: 'a long command that does not fit into one line of the terminal, edited \u0001first \u0005last',
      },
      { shows: /edited l/ },
    ],
  },
  {
    name: 'tput and what it moves',
    regions: true,
    command: [
      'sh',
      '-c',
      'tput clear; tput cup 5 10; tput bold; echo bold; tput sgr0; tput csr 3 8; tput cup 8 0; seq 1 9; tput csr 0 23; tput cup 20 0; tput smso; echo end',
    ],
    steps: [{ shows: /end/ }],
  },
];

const log = Array.from({ length: 120 }, (_, i) => {
  const percent = `\r\u001b[2K\u001b[36m[${'='.repeat(i % 40)}>\u001b[0m ${i} %`;
  const warning = `\u001b[1;33mwarning\u001b[0m: unused \u001b[4mvariable_${i}\u001b[24m in \u001b[38;5;208msrc/file.rs\u001b[m:${i}`;
  return `${percent}\r\u001b[K\u001b[32m   Compiling\u001b[0m crate_${i} v0.${i}.0\r\n${i % 7 === 0 ? `${warning} ${'which is told at some length '.repeat(4)}\r\n` : ''}`;
});

/** Output that is made up, for what no program here does. */
const made: readonly {
  readonly name: string;
  readonly regions?: boolean;
  readonly parts: readonly Part[];
}[] = [
  { name: 'a coloured build log', parts: [Buffer.from(log.join(''))] },
  {
    name: 'wide characters, in the last column too',
    parts: [
      Buffer.from(
        `日本語 ｗｉｄｅ\r\n${'日'.repeat(45)}\r\n${'x'.repeat(79)}日本\r\n한국어 ${'漢'.repeat(38)}y\r\n日本語\u001b[3Gx\u001b[5Gy|`,
      ),
    ],
  },
  {
    name: 'combining characters',
    parts: [
      Buffer.from(
        'e\u0301a\u0308o\u0302\u0323 n\u0303\r\n\u0e01\u0e33 \u05e9\u05c1\r\nx\u0301\u001b[2Gy\r\n',
      ),
    ],
  },
  { name: 'emoji', parts: [Buffer.from('👍 🎉 🚀|\r\n✅ ⚡ ✨|\r\n🟢🟡|\r\n🇩🇪|\r\n')] },
  {
    name: 'tab stops',
    parts: [
      Buffer.from(
        'a\tb\tc\r\n\u001b[3g\u001b[5G\u001bH\u001b[21G\u001bH\r1\t2\t3\r\n\u001b[5G\u001b[g\r1\t2\r\n\u001b[40G\u001b[Zback',
      ),
    ],
  },
  {
    name: 'scroll regions',
    regions: true,
    parts: [
      Buffer.from(
        `${Array.from({ length: 24 }, (_, i) => `row ${i}`).join('\r\n')}\u001b[5;10r\u001b[10H\r\n\nlow\u001b[5H\u001bMhigh\u001b[7H\u001b[2Lin\u001b[8H\u001b[M\u001b[3S\u001b[T`,
      ),
    ],
  },
  {
    name: 'the alternate screen, in and out and in',
    parts: [
      Buffer.from(
        'normal\r\n\u001b[31mred\u001b[?1049h\u001b[2J\u001b[Halt\u001b[?1049l more\r\n\u001b[?1049h\u001b[H\u001b[Jagain\u001b[10;20Hhere',
      ),
    ],
  },
  {
    name: 'erasing with colours behind',
    parts: [
      Buffer.from(
        '\u001b[44m\u001b[2J\u001b[Hblue\u001b[41m\u001b[K\r\n\u001b[42mgreen\u001b[5X\u001b[m\u001b[3Cplain\u001b[1K\u001b[5;5H\u001b[45m\u001b[1J\u001b[m\u001b[10;10H\u001b[4@\u001b[2P',
      ),
    ],
  },
  {
    name: 'text that fills the last column, and what comes then',
    parts: [
      Buffer.from(
        `${'x'.repeat(80)}\r\n${'y'.repeat(80)}z\r\n\u001b[?7l${'v'.repeat(90)}\u001b[?7h\r\n${'u'.repeat(80)}\u001b[Kt`,
      ),
    ],
  },
  {
    name: 'long lines that fold anew at other sizes',
    parts: [
      Buffer.from(
        `${Array.from({ length: 12 }, (_, i) => `${i} ${'word '.repeat(5 + i * 4)}`).join('\r\n')}\r\n$ `,
      ),
      { cols: 50, rows: 24 },
      Buffer.from('narrow\r\n$ '),
      { cols: 100, rows: 24 },
      Buffer.from('wide\r\n$ '),
    ],
  },
  {
    name: 'lines beyond the screen at other heights',
    parts: [
      Buffer.from(`${Array.from({ length: 40 }, (_, i) => `line ${i}`).join('\r\n')}\r\n$ `),
      { cols: 80, rows: 10 },
      Buffer.from('low\r\n$ '),
      { cols: 80, rows: 30 },
      Buffer.from('high\r\n$ '),
    ],
  },
  {
    name: 'modes',
    parts: [
      Buffer.from(
        '\u001b[?25l\u001b[?1h\u001b=\u001b[?1002h\u001b[?1006h\u001b[?2004h\u001b[4h\u001b[3;20r\u001b[?6h\u001b[5;5Hhere',
      ),
    ],
  },
];

/**
 * Where the two differ, and why that is right for us: for each, what our screen shows and what tmux tells. The
 * corpus above has none of it.
 */
const differences: readonly {
  readonly what: string;
  readonly output: string;
  readonly ours: string;
  readonly tmux: string;
}[] = [
  {
    what: 'tmux keeps the lines that scroll out of any region, a terminal only those of the whole screen',
    output: 'one\r\ntwo\r\nthree\u001b[2;3r\u001b[3H\nlast',
    ours: 'one\nthree\nlast',
    tmux: 'two\none\nthree\nlast',
  },
  {
    what: 'tmux tells line drawing as the letters it is made of',
    output: '\u001b(0lqqk\r\nmqqj\u001b(B',
    ours: '┌──┐\n└──┘',
    tmux: 'lqqk\nmqqj',
  },
  {
    what: 'a step back beyond the last column is a step from the last one in xterm, and onto it in tmux',
    output: `${'w'.repeat(80)}\b!`,
    ours: `${'w'.repeat(78)}!w`,
    tmux: `${'w'.repeat(79)}!`,
  },
  {
    what: 'of a wide character whose half is deleted, tmux takes the one before, too',
    output: '日本語\u001b[2D\u001b[1Px\u001b[5G|',
    ours: '日本|',
    tmux: '日  |',
  },
  {
    what: 'tmux leaves the left half of a wide character that is written over from its right half on',
    output: '日本\u001b[2Gx',
    ours: ' x本',
    tmux: '日x本',
  },
  {
    what: 'tmux joins what a joiner joins, for us each emoji takes its columns, as in most terminals',
    output: '👩\u200d💻\u001b[5G|\u001b[3Gx',
    ours: '👩\u200dx |',
    tmux: '👩\u200d💻x |',
  },
];

const screenOf = (parts: readonly Part[]): HeadlessScreen => {
  const screen = new HeadlessScreen({ size, offset: 0 }, () => undefined);
  for (const part of parts) {
    if (Buffer.isBuffer(part)) screen.feed(screen.offset, part);
    else screen.resize(part);
  }
  return screen;
};

function expectSame(parts: readonly Part[], tmux: TmuxScreen, regions = false): void {
  const screen = screenOf(parts);
  const text = screen.answer({ type: 'text', scrollback: 10_000, ansi: false }) as ScreenText;
  const visible = screen.answer({ type: 'text', scrollback: 0, ansi: false }) as ScreenText;
  expect(visible.text).toBe(tmux.text);
  if (!visible.alternate && !regions) expect(text.text).toBe(tmux.history);
  expect(cursorOf(screen)).toEqual(tmux.variables);
  expect(styledRows(screen)).toEqual(styledRowsOf(tmux.styled, screen));
  screen.dispose();
}

function expectDrawn(parts: readonly Part[]): void {
  const screen = screenOf(parts);
  const snapshot = screen.answer({ type: 'snapshot', scrollback: 10_000 }) as Snapshot;
  const whole = new PlainTerminal(size);
  for (const part of parts) {
    if (Buffer.isBuffer(part)) whole.write(part);
    else whole.terminal.resize(part.cols, part.rows);
  }
  expect(new PlainTerminal(snapshot).write(snapshot.data).state()).toEqual(whole.state());
  screen.dispose();
}

/** At random places, and then the rest. */
function expectContinued(bytes: Buffer): void {
  const random = new Random(7);
  const whole = new PlainTerminal(size).write(bytes).state();
  for (let round = 0; round < 20; round++) {
    const cut = random.between(0, bytes.length);
    const screen = screenOf([bytes.subarray(0, cut)]);
    const { data, offset } = screen.answer({ type: 'snapshot', scrollback: 10_000 }) as Snapshot;
    const continued = new PlainTerminal(size).write(data).write(bytes.subarray(offset));
    expect(continued.state(), `cut at ${cut}`).toEqual(whole);
    screen.dispose();
  }
}

describe.skipIf(missing.length > 0)(
  `screens beside tmux${missing.length > 0 ? ` (missing: ${missing.join(', ')})` : ''}`,
  () => {
    it.each(programs)('$name', async ({ command, steps, regions }) => {
      const parts = await record({ command, steps, cwd: folder });
      expectSame(parts, await drawInTmux(size, parts), regions);
      expectDrawn(parts);
      if (parts.length === 1 && Buffer.isBuffer(parts[0])) expectContinued(parts[0]);
    });

    it.each(made)('$name', async ({ parts, regions }) => {
      expectSame(parts, await drawInTmux(size, parts), regions);
      expectDrawn(parts);
      if (parts.length === 1 && Buffer.isBuffer(parts[0])) expectContinued(parts[0]);
    });

    it.each(differences)('$what', async ({ output, ours, tmux }) => {
      const parts = [Buffer.from(output)];
      const screen = screenOf(parts);
      const { text } = screen.answer({ type: 'text', scrollback: 10_000, ansi: false }) as ScreenText;
      const told = await drawInTmux(size, parts);
      expect({ ours: text, tmux: told.history }).toEqual({ ours, tmux });
      screen.dispose();
    });
  },
);
