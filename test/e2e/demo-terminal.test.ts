import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSuppliers } from '../../daemon/brains/suppliers.js';
import { BrainStage } from '../support/brainStage.js';
import { demoProgram } from '../support/demo.js';
import { Terminal } from '../support/terminal.js';

let root: string;
let terminal: Terminal;
const id = randomUUID();
const stage = new BrainStage();

beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'khlone-')));
  const env = { PATH: process.env['PATH'], HOME: root, KHLONE_DEMO_DIR: join(root, 'memory') };
  terminal = await Terminal.open({ cwd: root, env });
});

afterEach(async () => {
  await terminal[Symbol.asyncDispose]();
  await stage.clear();
  rmSync(root, { recursive: true, force: true });
});

const start = async (flag: 'session-id' | 'resume' = 'session-id'): Promise<void> => {
  terminal.type(`${process.execPath} ${demoProgram} --talk --${flag}=${id}; echo "it ended with $?"`);
  await terminal.shows(/khlone demo: a script and not a model/);
};
const transcript = (): Record<string, unknown>[] =>
  readFileSync(join(root, 'memory', 'talks', `${id}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const messages = (): unknown[] => transcript().map((line) => line['message']);

describe('the demo in a terminal', () => {
  it('says what it is, answers, and gives the terminal back as it was', async () => {
    await start();
    terminal.type('hello there');
    await terminal.shows(/^> hello there$[^]*You said: hello there[^]*Ready\.\n> $/m);
    terminal.type('/exit');
    await terminal.shows(/it ended with 0\n\$ $/);
    expect(terminal.screen()).not.toContain('You said');
  });

  it('ends with Ctrl-D on an empty line only', async () => {
    await start();
    terminal.press('abc');
    await terminal.shows(/> abc$/);
    terminal.press('C-d');
    terminal.press('\x15');
    terminal.press('x');
    await terminal.shows(/> x$/);
    terminal.press('C-c');
    await terminal.shows(/> $/);
    terminal.press('C-d');
    const [end] = await terminal.shows(/it ended with \d+/);
    expect(end).toBe('it ended with 0');
  });

  it('takes a paste as one turn', async () => {
    await start();
    terminal.press('\x1b[200~remember one\rremember two\x1b[201~');
    await terminal.shows(/> remember one↵remember two$/);
    terminal.press('Enter');
    await terminal.shows(/I will remember: one\nI will remember: two[^]*Ready/);
    expect(messages()).toHaveLength(2);
  });

  it('is interrupted by Ctrl-C, and goes on with what waits', async () => {
    await start();
    terminal.type('hang');
    await terminal.shows(/Working\. Ctrl-C interrupts\./);
    terminal.type('hello');
    await terminal.shows(/1 more waiting/);
    terminal.press('C-c');
    await terminal.shows(/Interrupted\.[^]*You said: hello[^]*Ready/);
    expect(messages()).toMatchObject([
      { role: 'user', content: 'hang' },
      { role: 'user', content: [{ type: 'text', text: '[Request interrupted by user]' }] },
      { role: 'user', content: 'hello' },
      { role: 'assistant', stop_reason: 'end_turn' },
    ]);
  });

  it('asks before it writes, and writes down what it did', async () => {
    await start();
    terminal.type('write a.txt some words');
    await terminal.shows(/Write \S*a\.txt\? y \(yes\), a \(always\) or n \(no\)/);
    terminal.type('perhaps');
    await terminal.shows(/That is no answer\./);
    expect(existsSync(join(root, 'a.txt'))).toBe(false);
    terminal.type('n');
    await terminal.shows(/I could not: you said no/);
    expect(existsSync(join(root, 'a.txt'))).toBe(false);
    terminal.type('write a.txt some words; write b.txt');
    await terminal.shows(/y \(yes\)/);
    terminal.type('a');
    await terminal.shows(/I wrote a\.txt\.\nI wrote b\.txt\./);
    expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe('some words\n');
    terminal.type('ask Which colour? red|blue');
    await terminal.shows(/Which colour\? 1 red, 2 blue/);
    terminal.type('2');
    await terminal.shows(/You answered: blue\./);
    expect(messages().slice(0, 4)).toMatchObject([
      { role: 'user', content: 'write a.txt some words' },
      { role: 'assistant', stop_reason: 'tool_use', content: [{ type: 'tool_use', name: 'Write' }] },
      { role: 'user', content: [{ type: 'tool_result', is_error: true, content: 'you said no' }] },
      { role: 'assistant', stop_reason: 'end_turn', content: [{ type: 'text' }] },
    ]);
  });

  it('marks only the last message of a turn as its end', async () => {
    await start();
    terminal.type('slow 50');
    await terminal.shows(/That was slow\.[^]*Ready/);
    expect(messages()).toMatchObject([
      { role: 'user' },
      { role: 'assistant', stop_reason: null },
      { role: 'assistant', stop_reason: 'end_turn', content: [{ text: 'That was slow.' }] },
    ]);
  });

  it('shares its conversation with dispatch, both ways', async () => {
    const demo = { program: demoProgram, folder: join(root, 'memory') };
    const suppliers = createSuppliers({ holder: stage.holder, terminals: stage.terminals, demo });
    const spec = { cwd: root, env: { PATH: '/usr/bin:/bin' }, conversation: id };
    const before = await stage.start(suppliers.get('demo'), spec);
    await before.turn('remember the apple');
    await before.brain.kill();

    await start('resume');
    await terminal.shows(/> remember the apple\s+I will remember: the apple/);
    terminal.type('remember the pear then recall');
    await terminal.shows(/I remember: the apple, the pear/);
    terminal.press('C-d');
    await terminal.shows(/it ended with 0/);

    const after = await stage.start(suppliers.get('demo'), { ...spec, begun: true });
    expect((await after.turn('recall')).outcome).toEqual({
      status: 'done',
      text: 'I remember: the apple, the pear',
    });
  });

  it('needs a terminal', async () => {
    terminal.type(`echo hello | ${process.execPath} ${demoProgram} --talk; echo "it ended with $?"`);
    const [, code] = await terminal.shows(/--talk needs a terminal\.\s+it ended with (\d+)/);
    expect(code).toBe('1');
  });

  it('gives the terminal back when it is told to end', async () => {
    const run = `${process.execPath} ${demoProgram} --talk --session-id=${id}`;
    terminal.type(`sh -c 'echo $$ > pid; exec ${run}'; echo "it ended with $?"`);
    await terminal.shows(/khlone demo: a script/);
    process.kill(Number(readFileSync(join(root, 'pid'), 'utf8')), 'SIGTERM');
    const [end] = await terminal.shows(/it ended with \d+/);
    expect(end).toBe('it ended with 143');
    expect(terminal.screen()).not.toContain('khlone demo');
  });
});
