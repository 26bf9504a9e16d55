import { existsSync, statSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clone, Khlone, StreamScreenResult } from '../../client/index.js';
import { exitCodes } from '../../cli/exit.js';
import { cliProgram, RunningCli, runCli, type CliPlace, type CliResult } from '../support/cli.js';
import { DaemonZone } from '../support/daemon.js';
import { Terminal } from '../support/terminal.js';

const code = (ending: keyof typeof exitCodes): number => exitCodes[ending].code;

let zone: DaemonZone;
let client: Khlone;
let place: CliPlace;

const khlone = (...words: string[]): Promise<CliResult> => runCli(words, place);
const typed = (input: string, ...words: string[]): Promise<CliResult> => runCli(words, place, input);

beforeAll(async () => {
  zone = new DaemonZone();
  client = await zone.connect();
  place = { cwd: zone.root, env: { ...zone.sandbox.env, TERM: 'xterm', LANG: 'C.UTF-8', PS1: 'clone$ ' } };
});

afterAll(async () => {
  await zone[Symbol.asyncDispose]();
});

/** A shell as a clone, enrolled as a person would. */
async function shell(...options: string[]): Promise<string> {
  const program = ['--', 'bash', '--norc', '--noprofile'];
  const { stdout } = await khlone('enroll', 'shell', '--env', 'PS1', '--json', ...options, ...program);
  return (JSON.parse(stdout) as Clone).name;
}

describe('a program as a clone', () => {
  it('is enrolled with its prompt, its quiet time and its size, and takes tasks', async () => {
    const who = await shell('--prompt', 'clone\\$ $', '--quiet', '1500ms', '--size', '100x30');
    expect(await client.clone.get({ who })).toMatchObject({
      brain: 'command',
      command: ['bash', '--norc', '--noprofile'],
      terminal: { prompt: 'clone\\$ $', quietMs: 1500, cols: 100, rows: 30 },
    });
    const { stdout, code: ended } = await khlone('act', who, 'stty size; echo done');
    expect({ stdout, ended }).toEqual({ stdout: '30 100\ndone\n', ended: 0 });
    await khlone('update', who, '--size', '90x20');
    expect((await client.clone.get({ who })).terminal).toEqual({ cols: 90, rows: 20 });
    const asked = await khlone('ask', who, 'ls');
    expect(asked).toMatchObject({ code: code('refused'), stdout: '' });
    expect(asked.stderr).toContain(`next: khlone act ${who}`);
    const { stdout: shown } = await khlone('off', who);
    expect(shown).toContain('bash --norc --noprofile');
    expect(await client.clone.get({ who })).toMatchObject({ status: 'off', posture: 'off' });
  });

  it.each([
    ['--size 0x10', ['--size', '0x10', '--', 'bash']],
    ['--prompt', ['--prompt', '(', '--', 'bash']],
  ])('is refused with a wrong %s, in the words of the command line', async (words, options) => {
    const { code: ended, stderr } = await khlone('enroll', 'wrong', ...options);
    expect(ended).toBe(code('usage'));
    expect(stderr).toContain(words.split(' ').at(-1));
  });
});

describe('khlone talk with input from a pipe', () => {
  it('types each line, and prints what the screen gained', async () => {
    const who = await shell();
    const first = await typed('kettle=copper\necho "it is $kettle"\r\n', 'talk', who, '--quiet', '300ms');
    expect(first).toEqual({
      code: 0,
      stdout: 'kettle=copper\nclone$ echo "it is $kettle"\nit is copper\nclone$\n',
      stderr: '',
    });
    // Another one finds the same shell; a line without an end is typed without Enter.
    const second = await typed('echo still $kettle', 'talk', who, '--quiet', '300ms');
    expect(second.stdout).toBe('echo still $kettle\n');
    expect((await typed('\n', 'talk', who, '--quiet', '300ms')).stdout).toContain('still copper\n');
  });

  it('opens no terminal where there is nothing to type', async () => {
    const who = await shell();
    const { code: ended, stderr } = await typed('', 'talk', who);
    expect(stderr).toContain('there is nothing to type: the input is empty');
    expect(ended).toBe(code('usage'));
    expect(await client.clone.get({ who })).toMatchObject({ posture: 'off' });
  });

  it('leaves the questions of the program to the daemon', async () => {
    const who = await shell();
    const ask = 'printf "\\e[3;5H\\e[6n"; IFS= read -rs -d R place; echo; echo "at ${place#*[}"\n';
    expect((await typed(ask, 'talk', who, '--quiet', '500ms')).stdout).toContain('at 3;5\n');
  });

  it('ends with the program, and says how that ended', async () => {
    const who = await shell();
    const { stdout, stderr, code: ended } = await typed('echo bye\nexit 3\n', 'talk', who, '--quiet', '1m');
    // A line that comes while the one before still runs is echoed by the terminal too, in the middle of things.
    expect(stdout).toMatch(/^echo bye\n(?:exit 3\n?)?bye\nclone\$ exit 3\nexit\n$/);
    expect(stderr).toBe(`[${who} ended: exit code 3]\n`);
    expect(ended).toBe(0);
  });

  it('ends with the program though there is more to type, or may be', async () => {
    const who = await shell();
    const rest = 'echo more\n'.repeat(100);
    const ended = await typed(`exit 3\n${rest}`, 'talk', who, '--quiet', '1m');
    expect(ended).toMatchObject({ stderr: `[${who} ended: exit code 3]\n`, code: 0 });
    const open = new RunningCli(['talk', who, '--quiet', '1m'], place);
    open.child.stdin.write('exit 4\n');
    expect((await open.ended).stderr).toBe(`[${who} ended: exit code 4]\n`);
  });

  it('is JSON where that is asked for, and takes part in a conversation', async () => {
    const { name: who } = await client.clone.enroll({ role: 'talker', brain: 'demo' });
    const said = await typed('hello there\n', 'talk', who, '--quiet', '500ms', '--json');
    expect(JSON.parse(said.stdout)).toMatchObject({
      clone: who,
      reason: 'detached',
      text: expect.stringContaining('You said: hello there') as string,
    });
    const watch = new RunningCli(['watch', who, '--from', 'start'], place);
    await watch.said('stdout', new RegExp(`${who} │ > hello there\n${who} │ .*You said: hello there`));
    watch.child.kill('SIGINT');
    await watch.ended;
  });

  it('is ended by a signal, and lets go', async () => {
    const who = await shell();
    const talk = new RunningCli(['talk', who, '--quiet', '1h'], place);
    // The pipe stays open.
    talk.child.stdin.write('echo "ready"\n');
    const shown = async (): Promise<string> => (await client.stream.screen({ who })).text;
    await expect.poll(shown, { timeout: 30_000 }).toContain('\nready');
    talk.child.kill('SIGTERM');
    await talk.ended;
    expect(talk.child.signalCode).toBe('SIGTERM');
    expect((await typed('echo free\n', 'talk', who, '--quiet', '300ms')).stdout).toContain('free');
  });
});

describe('without a terminal to draw on', () => {
  it('talk and watch --terminal say what to use instead', async () => {
    const who = await shell();
    await using terminal = await Terminal.open({ cwd: zone.root, env: zone.sandbox.env });
    terminal.type(`'${process.execPath}' '${cliProgram}' talk ${who} | cat; echo "\${PIPESTATUS[0]}"`);
    await terminal.shows(
      new RegExp(`khlone act ${who}[\\s\\S]*khlone screen ${who}[\\s\\S]*\\n${code('usage')}\n`),
    );
    const watch = await khlone('watch', who, '--terminal');
    expect(watch.code).toBe(code('usage'));
    expect(watch.stderr).toContain(`khlone screen ${who}`);
    expect((await khlone('watch', '--terminal')).stderr).toContain('--terminal shows one clone');
    expect((await typed('', 'talk', who, '--read-only')).code).toBe(code('usage'));
    expect((await typed('', 'talk', who, '--read-only', '--takeover')).code).toBe(code('usage'));
    expect((await typed('', 'talk', who, '--prefix', 'F1')).stderr).toContain('"F1" is no prefix key');
  });
});

describe('khlone screen', () => {
  it('prints what is shown: as text, with colours, with all that is known of it', async () => {
    const who = await shell('--size', '40x6');
    const none = await khlone('screen', who);
    expect(none.code).toBe(code('refused'));
    expect(none.stderr).toContain(`khlone record ${who} - --all`);
    await typed('seq 20; printf "\\e[1;31mred\\e[0m \\e]0;own title\\a"\n', 'talk', who, '--quiet', '300ms');
    expect((await khlone('screen', who)).stdout).toBe('16\n17\n18\n19\n20\nred clone$\n');
    const ansi = (await khlone('screen', who, '--ansi')).stdout;
    // eslint-disable-next-line no-control-regex -- escape sequences are the subject
    expect(ansi).toMatch(/\u001b\[[\d;]*31[\d;]*mred\u001b\[/);
    const above = (await khlone('screen', who, '--scrollback', '100')).stdout.split('\n');
    expect(above).toEqual(expect.arrayContaining(['1', '2', '20']));
    const told = JSON.parse((await khlone('screen', who, '--json')).stdout) as StreamScreenResult;
    expect(told).toMatchObject({
      clone: who,
      cols: 40,
      rows: 6,
      title: 'own title',
      alternate: false,
      cursor: { visible: true },
    });
  });

  it('starts no daemon in a zone where nothing is', async () => {
    const elsewhere = { ...place, cwd: zone.sandbox.folder };
    for (const verb of [
      ['screen', 'x.1'],
      ['record', 'x.1', 'x.cast'],
    ]) {
      const { stderr, code: ended } = await runCli(verb, elsewhere);
      expect(ended).toBe(code('notFound'));
      expect(stderr).toContain('Nothing is enrolled');
    }
    expect(existsSync(join(zone.sandbox.folder, 'x.cast'))).toBe(false);
  });
});

describe('khlone record', () => {
  it('records for so long, to a file for its owner alone or to stdout', async () => {
    const who = await shell();
    await typed('echo kept\n', 'talk', who, '--quiet', '300ms');
    const recorded = await khlone('record', who, 'short.cast', '--for', '200ms', '--json');
    expect(recorded).toMatchObject({ code: 0 });
    expect(JSON.parse(recorded.stdout)).toMatchObject({ file: 'short.cast', clone: who });
    const path = join(zone.root, 'short.cast');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const [header = '', first = ''] = readFileSync(path, 'utf8').split('\n');
    expect(JSON.parse(header)).toMatchObject({
      version: 3,
      term: { cols: 120, rows: 40, type: 'xterm-256color' },
    });
    expect(JSON.parse(first)).toEqual([expect.any(Number), 'o', expect.stringContaining('kept')]);
    const { stdout, code: ended } = await khlone('record', who, '-', '--all');
    expect(ended).toBe(0);
    const [head = '', ...events] = stdout.trimEnd().split('\n');
    expect(JSON.parse(head)).toMatchObject({ version: 3, title: who });
    const output = events.map((line) => (JSON.parse(line) as [number, string, string])[2]).join('');
    expect(output).toContain('kept\r\n');
  });
});
