import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { frontOf, waitsForInput } from '../../../../../daemon/brains/command/front.js';
import { pasteOf } from '../../../../../daemon/brains/command/paste.js';
import { probeCommand } from '../../../../../daemon/brains/command/probe.js';
import { resultOf } from '../../../../../daemon/brains/command/result.js';
import {
  commandTable,
  type CommandState,
  deadlineOf,
} from '../../../../../daemon/brains/command/turnMachine.js';

describe('a paste', () => {
  it('is in brackets where the program asked for them, with line ends as Enter sends them', () => {
    expect(pasteOf('one\ntwo\r\nthree\n', true)).toBe('\x1b[200~one\rtwo\rthree\x1b[201~');
    expect(pasteOf('one\ttab', false)).toBe('one\ttab');
  });

  it('cannot be broken out of, and presses no keys', () => {
    const hostile = 'a\x1b[201~\rrm -rf /\x03\x04\x7f\x9b201~b\0\x1b]0;t\x07';
    for (const bracketed of [true, false]) {
      const inside = 'a[201~\rrm -rf /201~b]0;t';
      expect(pasteOf(hostile, bracketed)).toBe(bracketed ? `\x1b[200~${inside}\x1b[201~` : inside);
    }
  });
});

describe('whether a quiet program waits for input', () => {
  const reads = { own: true, keys: true };
  const lines = { own: true, keys: false };
  it.each([
    { now: reads, before: reads, waits: 'yes' },
    { now: lines, before: lines, waits: 'yes' },
    { now: lines, before: reads, waits: 'perhaps' },
    { now: { own: false, keys: false }, before: lines, waits: 'no' },
    { now: { own: false, keys: true }, before: lines, waits: 'yes' },
    { now: { own: undefined, keys: undefined }, before: reads, waits: 'yes' },
  ])('$now after $before: $waits', ({ now, before, waits }) => {
    expect(waitsForInput(now, before)).toBe(waits);
  });

  it('is told by its terminal', async () => {
    const pty = spawn('bash', ['--norc', '--noprofile'], { env: { PATH: process.env['PATH'], PS1: '> ' } });
    let shown = '';
    let look = (): void => undefined;
    pty.onData((data) => {
      shown += data;
      look();
    });
    const shows = (text: string): Promise<void> =>
      new Promise((resolve) => {
        look = () => {
          if (shown.includes(text)) resolve();
        };
        look();
      });
    const ended = new Promise((resolve) => pty.onExit(resolve));
    try {
      await shows('> ');
      expect(await frontOf(pty.pid)).toEqual({ own: true, keys: true });
      pty.write(`sh -c 'echo be''gun; read a; stty -echo; echo hid''den; read b'\r`);
      await shows('begun');
      expect(await frontOf(pty.pid)).toEqual({ own: false, keys: false });
      pty.write('\r');
      await shows('hidden');
      expect(await frontOf(pty.pid)).toEqual({ own: false, keys: true });
    } finally {
      pty.kill('SIGKILL');
      await ended;
    }
    expect(await frontOf(pty.pid)).toEqual({ own: undefined, keys: undefined });
  });
});

describe('the result of a turn', () => {
  const before = { say: 'echo', line: '$', alternate: false };
  const text = (line: string, alternate = false) => ({ line, alternate });

  it('has no prompt at its end where that is certain', () => {
    expect(resultOf(before, { gained: 'hello\n$', text: text('$'), prompt: false })).toBe('hello');
    expect(resultOf(before, { gained: 'hello$', text: text('hello$'), prompt: false })).toBe('hello');
    const other = { ...before, line: 'a:~$' };
    expect(resultOf(other, { gained: 'hi\na:/tmp$', text: text('a:/tmp$'), prompt: false })).toBe(
      'hi\na:/tmp$',
    );
    expect(resultOf(other, { gained: 'hi\na:/tmp$', text: text('a:/tmp$'), prompt: true })).toBe('hi');
    expect(resultOf(before, { gained: '$', text: text('$'), prompt: false })).toBe('');
    // The cursor is elsewhere: that line was printed.
    expect(resultOf(before, { gained: 'it costs\n$', text: text(''), prompt: false })).toBe('it costs\n$');
  });

  it('has no further lines of what was typed where they stand as they were typed', () => {
    const say = 'cat <<E\none\nE\n';
    const after = { gained: 'one\nE\none\n$', text: text('$'), prompt: false };
    expect(resultOf({ ...before, say }, after)).toBe('one');
    const signs = { gained: '> one\n> E\none\n$', text: text('$'), prompt: false };
    expect(resultOf({ ...before, say }, signs)).toBe('one');
    const python = { gained: '...   pass\n...\nout\n>>>', text: text('>>>'), prompt: false };
    expect(resultOf({ say: 'if x:\n  pass\n\n', line: '>>>', alternate: false }, python)).toBe('out');
    const tabs = { gained: '        one\nab      c\nout\n$', text: text('$'), prompt: false };
    expect(resultOf({ ...before, say: 'x\n\tone\nab\tc\x03' }, tabs)).toBe('out');
    // Without a prompt the line that was typed into is gained as well.
    const bare = { gained: 'one\ntwo\nout', text: text(''), prompt: false };
    expect(resultOf({ say: 'one\ntwo', line: '', alternate: false }, bare)).toBe('out');
    expect(resultOf({ say: 'x', line: '', alternate: false }, bare)).toBe('one\ntwo\nout');
    // The same words, but printed.
    const printed = { gained: 'a one\na E\n$', text: text('$'), prompt: false };
    expect(resultOf({ ...before, say }, printed)).toBe('a one\na E');
    expect(resultOf({ ...before, say: 'x\none' }, { ...printed, gained: 'two\n$' })).toBe('two');
  });

  it('is all that changed on the alternate screen', () => {
    const after = { gained: '~\n-- INSERT --\n$', text: text('$', true), prompt: true };
    expect(resultOf(before, after)).toBe(after.gained);
  });
});

describe('the program of a command', () => {
  let root: string;
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'khlone-')));
    mkdirSync(join(root, 'bin', 'folder'), { recursive: true });
    for (const name of ['bin/tool', 'bin/text']) writeFileSync(join(root, name), '#!/bin/sh\n');
    chmodSync(join(root, 'bin/tool'), 0o755);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  const probe = async (name: string, path = join(root, 'bin')): Promise<string> =>
    (await probeCommand({ PATH: path }, { command: [name], cwd: root })).program;
  const missing = expect.objectContaining({ kind: 'brainMissing' }) as Error;

  it('is found on the PATH, by its path, and by one from the directory of the clone', async () => {
    const tool = join(root, 'bin', 'tool');
    expect(await probe('tool', `/nowhere:${join(root, 'bin')}`)).toBe(tool);
    expect(await probe(tool, '')).toBe(tool);
    expect(await probe('./bin/tool', '')).toBe(tool);
  });

  it.each(['nothing', 'text', 'folder', './bin/text', '/nowhere/tool'])('is missing: %s', async (name) => {
    await expect(probe(name)).rejects.toThrow(missing);
  });

  it('is no file of the zone by a relative entry of the PATH', async () => {
    expect(execFileSync(join(root, 'bin', 'tool'), { encoding: 'utf8' })).toBe('');
    for (const path of ['bin', './bin', '', '.']) await expect(probe('tool', path)).rejects.toThrow(missing);
  });

  it('has to be given', async () => {
    await expect(probeCommand({ PATH: '/bin' })).rejects.toThrow(
      expect.objectContaining({
        kind: 'invalidParams',
        details: expect.objectContaining({ issues: [expect.objectContaining({ path: 'command' })] }),
      }) as Error,
    );
  });
});

describe('the table of a program in a terminal', () => {
  const states = Object.keys(commandTable) as CommandState[];
  const inTurn = states.filter((state) => !['opening', 'ready', 'closing', 'ended'].includes(state));

  it('ends from every state when the program dies, and every turn with it', () => {
    for (const state of states.filter((each) => each !== 'ended' && each !== 'dying')) {
      const row = commandTable[state].died;
      expect(row, state).toBeDefined();
      const finished = row?.run?.some((action) => action.startsWith('finish')) ?? false;
      expect(row?.to === 'dying' || finished, state).toBe(inTurn.includes(state));
    }
    expect(commandTable.dying.gained?.run).toEqual(['bury', 'finishByExit']);
  });

  it('can be killed everywhere, and takes a send wherever no turn is on', () => {
    for (const state of states) {
      const over = ['dying', 'ending', 'closing', 'ended'].includes(state);
      expect(commandTable[state].kill !== undefined, state).toBe(!over);
      expect(commandTable[state].send !== undefined, state).toBe(!inTurn.includes(state));
    }
  });

  it('has a way out for every deadline', () => {
    for (const state of Object.keys(deadlineOf) as CommandState[])
      expect(commandTable[state].late, state).toBeDefined();
  });

  it('is reached in all its states', () => {
    const reached = new Set<CommandState>(['opening', 'returning']);
    for (const state of reached) for (const row of Object.values(commandTable[state])) reached.add(row.to);
    expect([...reached].toSorted()).toEqual(states.toSorted());
  });
});
