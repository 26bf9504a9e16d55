import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clone, Khlone, Task } from '../../client/index.js';
import { DaemonZone } from '../support/daemon.js';
import { history, nextEvent } from '../support/events.js';
import { shown } from '../support/shown.js';

let zone: DaemonZone;
let khlone: Khlone;
beforeAll(async () => {
  zone = new DaemonZone();
  khlone = await zone.connect();
});
afterAll(() => zone[Symbol.asyncDispose]());

type Enroll = Parameters<Khlone['clone']['enroll']>[0];

let roles = 0;
const bash = ['bash', '--norc', '--noprofile'];
/** A prompt that a changed directory does not change. */
const prompt = { env: { PS1: 'ready> ' }, terminal: { prompt: '^ready> $' } };

const enroll = (command: string[] = bash, params: Partial<Enroll> = {}): Promise<Clone> =>
  khlone.clone.enroll({ role: `role-${++roles}`, brain: 'command', command, ...params });
const act = (who: string, say: string, rest: object = {}): Promise<Task> =>
  khlone.clone.act({ who, say, ...rest });
const wait = (task: { readonly id: string }): Promise<Task> => khlone.task.wait({ task: task.id });
const run = async (who: string, say: string, rest: object = {}): Promise<Task> =>
  wait(await act(who, say, rest));
const said = async (who: string, say: string): Promise<string | undefined> => {
  const { status, result, error } = await run(who, say);
  expect({ status, error }).toEqual({ status: 'done', error: undefined });
  return result?.text;
};
const screen = async (who: string): Promise<string> => (await khlone.stream.screen({ who })).text;

describe('a shell as a clone', () => {
  it('answers with what its screen gained, and keeps what it knows', async () => {
    const { name, command } = await enroll();
    expect(command).toEqual(bash);
    expect(await said(name, 'echo hello')).toBe('hello');
    expect(await said(name, 'x=5; printf "no end of line"')).toBe('no end of line');
    expect(await said(name, 'echo "x is $x"')).toBe('x is 5');
    expect(await said(name, 'true')).toBe('');
    expect((await khlone.clone.get({ who: name })).status).toBe('idle');
  });

  it('is waited for while a program runs in front, however quiet that is', async () => {
    const { name } = await enroll(bash, { terminal: { quietMs: 300 } });
    expect(await said(name, 'sleep 2; echo done')).toBe('done');
    expect(await said(name, 'for i in 1 2 3; do sleep 0.7; echo $i; done')).toBe('1\n2\n3');
  });

  it('is known to be done by its prompt', async () => {
    const { name } = await enroll(bash, prompt);
    expect(await said(name, 'sleep 2; cd /; pwd')).toBe('/');
    expect(await said(name, 'echo "ready> or not"; sleep 1; echo so')).toBe('ready> or not\nso');
    expect(await said(name, 'printf "no end of line"')).toBe('no end of line');
    expect(await said(name, 'echo more')).toBe('more');
  });

  it('takes many lines as one paste, and none of them as keys', async () => {
    const { name } = await enroll(bash, prompt);
    const script = "cat <<'END'\none\n\ttwo \u001b[201~ \u0003 \u0004 three\nEND";
    expect(await said(name, script)).toBe('one\n        two [201~   three');
    expect(await said(name, 'for i in a b; do\n  echo "$i"\ndone')).toBe('a\nb');
  });

  it('shows text of all the world as it is', async () => {
    const { name } = await enroll(bash, { ...prompt, env: { ...prompt.env, LC_ALL: 'C.UTF-8' } });
    expect(await said(name, "printf '%s\\n' 'é 漢字 😀'")).toBe('é 漢字 😀');
    expect(
      await said(name, `head -c 3000 /dev/urandom | tr -d '\\33\\233\\16\\17'; reset; echo whole`),
    ).toContain('whole');
    expect(await said(name, 'echo again')).toBe('again');
  });

  it('has the end of what it says, where that is very long', async () => {
    const { name } = await enroll(bash, prompt);
    const text = await said(name, 'seq 1 100000');
    expect(text?.split('\n')[0]).toBe(
      `[… earlier output is no longer on the screen; khlone record ${name} - --all has what is kept of it]`,
    );
    expect(text?.split('\n').at(-1)).toBe('100000');
    expect(text?.split('\n').length).toBeGreaterThan(1_000);
  });

  it('ends its turn as interrupted by Ctrl-C, and lives on', async () => {
    const { name } = await enroll(bash, { terminal: { quietMs: 300 } });
    await said(name, 'y=6');
    const task = await act(name, 'sleep 1000');
    const events = khlone.events({ from: 'start', types: ['task.started'] });
    await nextEvent(events, 'task.started', (event) => event.task === task.id);
    await events.return();
    await khlone.clone.interrupt({ who: name });
    expect((await wait(task)).status).toBe('interrupted');
    expect(await said(name, 'echo "y is $y"')).toBe('y is 6');
  });

  it('does its last task by leaving, and the next one in a new shell', async () => {
    const { name } = await enroll(bash, prompt);
    await said(name, 'z=7');
    expect(await said(name, 'echo bye; exit')).toBe('bye\nexit');
    expect(await said(name, 'echo "z is $z"')).toBe('z is');
    const failed = await run(name, 'echo oops; exit 3');
    expect(failed).toMatchObject({ status: 'failed', error: { kind: 'brainDied' } });
    expect(failed.error?.message).toContain('exit code 3');
  });

  it('keeps to the time limit of a task where its prompt never comes', async () => {
    const { name } = await enroll(bash, { terminal: { prompt: 'never', quietMs: 200 } });
    const task = await run(name, 'echo hello', { timeoutMs: 2_000 });
    expect(task).toMatchObject({ status: 'failed', error: { kind: 'taskTimeout' } });
    expect(await screen(name)).toContain('hello\n');
  });

  it('takes a new prompt without losing what it knows', async () => {
    const { name } = await enroll(bash, { terminal: { prompt: 'never', quietMs: 200 } });
    await run(name, 'x=8', { timeoutMs: 2_000 });
    await khlone.clone.update({ who: name, terminal: { quietMs: 200 } });
    expect(await said(name, 'echo "x is $x"')).toBe('x is 8');
  });

  it('is hung up on when it is to end, as by a terminal that goes away, and is another one afterwards', async () => {
    const { name } = await enroll(bash, prompt);
    // A shell at its prompt passes over SIGTERM, and would only be killed after a grace.
    expect(await said(name, "x=9; trap 'echo hung up > ended' EXIT")).toBe('');
    const { status, posture } = await khlone.clone.hibernate({ who: name });
    expect({ status, posture }).toEqual({ status: 'off', posture: 'off' });
    expect(readFileSync(join(zone.root, 'ended'), 'utf8')).toBe('hung up\n');
    expect(await said(name, 'echo "x is $x"')).toBe('x is');
  });

  it('cannot be asked, and tells what it said once in the history', async () => {
    const { name } = await enroll(bash, prompt);
    await expect(khlone.clone.ask({ who: name, say: 'who?' })).rejects.toMatchObject({
      kind: 'capabilityMissing',
    });
    const task = await run(name, 'echo hello');
    const told = (await history(khlone)).filter(
      (event) => event.type === 'message.completed' && event.task === task.id,
    );
    expect(told).toMatchObject([{ clone: name, text: 'hello' }]);
  });
});

describe('other programs as clones', () => {
  it('are talked to as they are: a shell without line editing', async () => {
    const { name } = await enroll(['sh', '-c', 'while read -r line; do echo "you said $line"; done']);
    expect(await said(name, 'hello')).toBe('you said hello');
  });

  it('are talked to as they are: a REPL', async () => {
    const { name } = await enroll([process.execPath, '-i'], { terminal: { prompt: '^> $' } });
    expect(await said(name, '6 * 7')).toBe('42');
    expect(await said(name, 'const f = (x) => {\n  return x + 1;\n};')).toBe('undefined');
    expect(await said(name, 'f(1)')).toBe('2');
  });

  it('are talked to as they are: an editor, whose screen is there for all to see', async () => {
    writeFileSync(join(zone.root, 'a.txt'), 'first line\nsecond line\n');
    const { name } = await enroll(['vim', '-u', 'NONE', '-N', '--cmd', 'set t_BE=', 'a.txt'], {
      terminal: { quietMs: 300, cols: 40, rows: 10 },
    });
    await said(name, ':s/first/changed/');
    const seen = await khlone.stream.screen({ who: name });
    expect(seen).toMatchObject({ cols: 40, rows: 10, alternate: true });
    expect(seen.text.split('\n').slice(0, 3)).toEqual(['changed line', 'second line', '~']);
    const left = await said(name, ':q!');
    expect(left).toEqual(expect.any(String));
    expect((await khlone.clone.get({ who: name })).status).toBe('off');
  });

  it('can be typed into while they are watched, and a task waits for whoever talks', async () => {
    const { name } = await enroll(bash, prompt);
    await said(name, 'echo ready');
    let task: Task;
    {
      await using stream = await khlone.stream.attach({ who: name, mode: 'talk', cols: 80, rows: 24 });
      await stream.write('v=typed\r');
      task = await act(name, 'echo "v is $v"');
      expect((await khlone.task.get({ task: task.id })).status).toBe('queued');
      expect((await khlone.clone.get({ who: name })).status).toBe('talking');
    }
    expect((await wait(task)).result?.text).toBe('v is typed');
    expect(await screen(name)).toContain('v=typed');
  });

  it('are refused where they are missing, or where none is given or wanted', async () => {
    await expect(enroll(['no-such-program'])).rejects.toMatchObject({ kind: 'brainMissing' });
    await expect(enroll(['./a.txt'])).rejects.toMatchObject({ kind: 'brainMissing' });
    const issue = (path: string): object => ({
      kind: 'invalidParams',
      details: { issues: [expect.objectContaining({ path })] },
    });
    await expect(khlone.clone.enroll({ role: 'x', brain: 'command' })).rejects.toMatchObject(
      issue('command'),
    );
    await expect(enroll(bash, { brain: 'demo' })).rejects.toMatchObject(issue('command'));
    await expect(enroll(bash, { terminal: { prompt: '(' } })).rejects.toMatchObject(issue('terminal.prompt'));
    await expect(enroll([])).rejects.toMatchObject(issue('command'));
  });
});

describe('a daemon that is killed', () => {
  it('leaves it busy as it is: a task of the next one waits for what runs in front', async () => {
    const { name } = await enroll();
    const pipe = join(zone.root, `pipe-${name}`);
    await said(name, `mkfifo '${pipe}'`);
    await said(name, 'kept=yes');
    {
      await using stream = await khlone.stream.attach({ who: name, mode: 'talk' });
      await stream.write(`echo in front; cat '${pipe}'\r`);
      await shown(khlone, name, /^in front$/m);
    }
    await zone.kill(khlone);
    khlone = await zone.connect();
    expect((await khlone.clone.get({ who: name })).status).toBe('idle');
    const task = await act(name, 'echo "kept: $kept"');
    const events = khlone.events({ from: 'start', types: ['task.started'] });
    await nextEvent(events, 'task.started', (event) => event.task === task.id);
    await events.return();
    expect(await screen(name)).not.toContain('kept: $kept');
    writeFileSync(pipe, 'from the pipe\n');
    expect((await wait(task)).result?.text).toBe('kept: yes');
  });
});
