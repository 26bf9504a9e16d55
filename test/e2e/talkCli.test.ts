import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import type { Khlone } from '../../client/index.js';
import { cliProgram } from '../support/cli.js';
import { DaemonZone } from '../support/daemon.js';
import { processesNaming } from '../support/processes.js';
import { noTmux, Tmux, type TmuxWindow } from '../support/tmux.js';

const size = { cols: 90, rows: 20 };

let zone: DaemonZone;
let client: Khlone;
let tmux: Tmux;

beforeAll(async () => {
  zone = new DaemonZone();
  client = await zone.connect();
  const folder = join(zone.sandbox.folder, 't');
  mkdirSync(folder);
  tmux = new Tmux({ folder, cwd: zone.root, env: zone.sandbox.env });
});

afterAll(async () => {
  await tmux[Symbol.asyncDispose]();
  await zone[Symbol.asyncDispose]();
});

beforeEach(({ skip }: TestContext) => skip(noTmux !== undefined, noTmux));

/** A window where `k` is khlone, and says how it ended. */
async function open(cols = size.cols, rows = size.rows): Promise<TmuxWindow> {
  const window = await tmux.open({ cols, rows });
  await window.line(`k() { '${process.execPath}' '${cliProgram}' "$@"; echo "ended with $?"; }; clear`);
  await window.shows(/^\$$/);
  return window;
}

/** A shell as a clone. */
async function shell(): Promise<string> {
  const command = ['bash', '--norc', '--noprofile'];
  const { name } = await client.clone.enroll({
    role: 'shell',
    brain: 'command',
    command,
    env: { PS1: 'clone$ ' },
  });
  return name;
}

async function demo(): Promise<string> {
  return (await client.clone.enroll({ role: 'talker', brain: 'demo' })).name;
}

/** The process of `khlone talk <who>`. */
function talkerOf(who: string): number {
  const found = processesNaming(zone.sandbox.folder).filter(({ command }) => command.includes(`talk ${who}`));
  expect(found).toHaveLength(1);
  return found[0]?.pid ?? 0;
}

describe('khlone talk', () => {
  it('shows the program, passes keys on, detaches, and leaves the terminal as it was', async () => {
    const who = await demo();
    const window = await open();
    await window.line('echo before');
    await window.shows(/^before$/m);
    const [before, state, title] = await Promise.all([window.everything(), window.state(), window.title()]);
    await window.line(`k talk ${who}`);
    await window.shows(/khlone demo: a script[\s\S]*Ready\./);
    expect(await window.state()).not.toEqual(state);
    await window.line('remember the kettle');
    await window.shows(/I will remember: the kettle[\s\S]*Ready\./);
    await window.press('C-b', 'd');
    await window.shows(/ended with 0\n\$$/);
    const parting = `[detached from ${who}; it lives on: khlone talk ${who}]`;
    expect(await window.everything()).toBe(`${before} k talk ${who}\n${parting}\nended with 0\n$`);
    expect(await window.state()).toEqual(state);
    expect(await window.title()).toBe(title);
    expect(await client.clone.get({ who })).toMatchObject({ posture: 'talk' });
    // The next one, in another window of the same size, sees the very same.
    const other = await open();
    await other.line(`k talk ${who}`);
    await other.shows(/I will remember: the kettle[\s\S]*Ready\./);
    // Its own end is told.
    await other.line('/exit');
    await other.shows(new RegExp(`\\[${who} ended: exit code 0\\]\nended with 0\n\\$$`));
  });

  it('keeps its own screen while programs go to theirs and back, and follows the window', async () => {
    const who = await shell();
    const window = await open();
    await window.line(`k talk ${who}`);
    await window.shows(/^clone\$$/);
    await window.line('echo one; vim -u NONE -N');
    await window.shows(/^~[\s\S]*VIM|^~\n~/m);
    await window.type('ihello from vim');
    await window.shows(/^hello from vim$/m);
    await window.press('Escape');
    await window.line(':q!');
    await window.shows(/^clone\$ echo one; vim -u NONE -N\none\nclone\$$/);
    await window.resize({ cols: 70, rows: 12 });
    await window.line('stty size');
    await window.shows(/^12 70\nclone\$$/m);
    await window.line('clear; reset; echo done');
    await window.shows(/^done\nclone\$$/);
    await window.press('C-b', 'd');
    const [text] = await window.shows(/^\$ k talk[\s\S]*ended with 0\n\$$/);
    expect(text).not.toContain('done');
  });

  it('tells a second one who talks, lets it watch, and take over', async () => {
    const who = await shell();
    const first = await open();
    await first.line(`k talk ${who}`);
    await first.shows(/^clone\$$/);
    const talker = talkerOf(who);
    const second = await open(size.cols, 15);
    await second.line(`k talk ${who}`);
    await second.shows(
      new RegExp(
        `khlone talk .*\\(pid ${talker}\\)[\\s\\S]*talks to\\s+${who}[\\s\\S]*--takeover[\\s\\S]*ended with 4`,
      ),
    );
    await second.line(`clear; k talk ${who} --read-only`);
    await second.shows(new RegExp(`^clone\\$[\\s\\S]*${who} is 90x20; a part of it`));
    await second.type('this goes nowhere');
    await first.line('echo -e "\\e[31mred\\e[0m"');
    await first.shows(/^red$/m);
    await second.shows(/^red$/m);
    expect(await second.text()).not.toContain('nowhere');
    expect(await second.everything()).toContain('\u001b[31mred');
    await second.press('q');
    await second.shows(/ended with 0\n\$/);
    await second.line(`clear; k talk ${who} --takeover`);
    await second.shows(/^red\nclone\$$/m);
    await first.shows(/was taken over[\s\S]*ended with 4\n\$$/);
    await second.line('stty size');
    await second.shows(/^15 90$/m);
    // A line that is /exit leaves a program that has no such word; what was typed of it is taken back.
    await second.line('/exit');
    await second.shows(/detached from[\s\S]*ended with 0\n\$$/);
    expect((await client.stream.screen({ who })).text).toMatch(/15 90\nclone\$$/);
  });

  it('puts the terminal back on a signal, and ends by it', async () => {
    const who = await shell();
    const window = await open();
    const state = await window.state();
    await window.line(`k talk ${who}`);
    await window.shows(/^clone\$$/);
    await window.line('printf "\\e[?1000h\\e[?1006h\\e[?1h\\e[?25l\\e[5;10r"; vim -u NONE -N');
    await window.shows(/^~/m);
    process.kill(talkerOf(who), 'SIGTERM');
    await window.shows(/detached from[\s\S]*ended with 143\n\$$/);
    expect(await window.state()).toEqual(state);
  });

  it('is suspended and comes back', async () => {
    const who = await shell();
    const window = await open();
    const state = await window.state();
    await window.line(`'${process.execPath}' '${cliProgram}' talk ${who}`);
    await window.shows(/^clone\$$/);
    await window.press('C-b', 'C-z');
    await window.shows(/Stopped[\s\S]*\$$/);
    expect(await window.state()).toEqual(state);
    await window.line('fg');
    await window.shows(/^clone\$$/);
    await window.line('echo back');
    await window.shows(/^back\nclone\$$/m);
    await window.press('C-b', 'd');
    await window.shows(/detached from/);
  });

  it('interrupts nothing that was begun while it was suspended', async () => {
    const who = await demo();
    const window = await open();
    await window.line(`'${process.execPath}' '${cliProgram}' talk ${who} --now`);
    await window.shows(/Ready\./);
    await window.press('C-b', 'C-z');
    await window.shows(/Stopped[\s\S]*\$$/);
    const { id } = await client.clone.act({ who, say: 'slow 600000' });
    await expect.poll(async () => (await client.task.get({ task: id })).status).toBe('running');
    await window.line('fg');
    await window.shows(new RegExp(`${who} works on ${id}; waiting`));
    await window.press('C-c');
    await client.task.cancel({ task: id });
  });

  it('waits for a turn that runs, says so, and need not', async () => {
    const who = await demo();
    const { id } = await client.clone.act({ who, say: 'slow 600000' });
    const window = await open();
    await window.line(`k talk ${who}`);
    await window.shows(new RegExp(`${who} works on ${id}; waiting[\\s\\S]*--now`));
    await window.press('C-c');
    await window.shows(/\^C\n\$$/);
    await window.line(`clear; k talk ${who} --now`);
    await window.shows(/khlone demo: a script[\s\S]*Ready\./);
    expect(await client.task.get({ task: id })).toMatchObject({ status: 'interrupted' });
    await window.press('C-b', 'd');
    await window.shows(/ended with 0\n\$$/);
  });

  it('goes on when the daemon is killed', async () => {
    const who = await shell();
    const window = await open();
    await window.line(`k talk ${who}`);
    await window.shows(/^clone\$$/);
    await window.line('kettle=copper');
    await window.shows(/^clone\$ kettle=copper\nclone\$$/);
    await zone.kill(client);
    client = await zone.connect();
    await window.line('echo "it is $kettle"');
    await window.shows(/^it is copper\nclone\$$/m);
    await window.press('C-b', 'd');
    await window.shows(/^\$ k talk[\s\S]*detached from[\s\S]*ended with 0\n\$$/);
    expect((await client.stream.screen({ who })).text).toContain('it is copper');
  });

  it('takes another prefix key, and types the key that is pressed twice', async () => {
    const who = await shell();
    const window = await open();
    await window.line(`KHLONE_PREFIX=C-a k talk ${who}`);
    await window.shows(/^clone\$$/);
    await window.type('bc');
    await window.press('C-a', 'C-a');
    await window.type('echo a');
    await window.press('Enter');
    await window.shows(/^abc\nclone\$$/m);
    await window.press('C-a', '?');
    await window.shows(/C-a d detaches/);
    await window.press('C-a', 'd');
    await window.shows(/ended with 0\n\$$/);
    expect((await client.stream.screen({ who })).text).toBe('clone$ echo abc\nabc\nclone$');
  });
});

describe('khlone watch --terminal', () => {
  it('mirrors the screen in a window of any size, until q', async () => {
    const who = await shell();
    const talker = await open();
    await talker.line(`k talk ${who}`);
    await talker.shows(/^clone\$$/);
    const watcher = await open();
    const state = await watcher.state();
    await watcher.line(`k watch ${who} --terminal`);
    await watcher.shows(/^clone\$$/);
    await talker.line('seq 30; echo -e "\\e[1;44mwide 日本語\\e[0m"');
    await watcher.shows(/^wide 日本語\nclone\$$/m);
    expect(await watcher.text()).toBe(await talker.text());
    await watcher.resize({ cols: 20, rows: 6 });
    await watcher.shows(/^wide 日本語\nclone\$\s+shell.*…$/m);
    await watcher.resize(size);
    await talker.resize({ cols: 50, rows: 10 });
    await watcher.shows(/^clone\$$/m);
    await watcher.press('C-b', '?');
    await watcher.shows(/C-b d, q and Ctrl-C leave/);
    await watcher.press('x');
    await watcher.shows(/^clone\$$/m);
    await watcher.press('q');
    await watcher.shows(
      new RegExp(`\\[detached from ${who}; it lives on: khlone talk ${who}\\]\nended with 0`),
    );
    expect(await watcher.state()).toEqual(state);
    await watcher.line(`clear; k watch ${who} --terminal`);
    await watcher.shows(/^clone\$$/m);
    await talker.line('exit');
    await watcher.shows(new RegExp(`\\[${who} ended: exit code 0\\]\nended with 0`));
    expect(await watcher.state()).toEqual(state);
  });
});

describe('khlone record', () => {
  it('records what is shown until it ends, and what is kept of it later', async () => {
    const who = await shell();
    const talker = await open();
    await talker.line(`k talk ${who}`);
    await talker.shows(/^clone\$$/);
    const recorder = await open();
    await recorder.line(`k record ${who} live.cast`);
    await recorder.shows(/Recording to live\.cast/);
    await talker.line('echo "caf\u00e9 日本"');
    await talker.shows(/^café 日本$/m);
    await talker.resize({ cols: 70, rows: 15 });
    await talker.line('stty size; exit 3');
    await talker.shows(new RegExp(`\\[${who} ended: exit code 3\\]`));
    await recorder.shows(/Recorded shell[\s\S]*ended with 0\n\$$/);
    const live = readCast('live.cast');
    expect(live.header).toMatchObject({ version: 3, term: { ...size, type: 'xterm-256color' }, title: who });
    expect(live.events.map(([, code]) => code)).toEqual(expect.arrayContaining(['o', 'r', 'x']));
    expect(live.events.at(-1)?.slice(1)).toEqual(['x', '3']);
    expect(live.events.filter(([, code]) => code === 'r').map(([, , data]) => data)).toEqual(['70x15']);
    expect(live.output).toMatch(/café 日本\r\n[\s\S]*15 70\r\n/);

    await recorder.line(`clear; k record ${who} live.cast --all`);
    await recorder.shows(/live\.cast exists already[\s\S]*ended with 2/);
    await recorder.line(`clear; k record ${who} live.cast --all --force`);
    await recorder.shows(/Recorded shell[\s\S]*ended with 0/);
    const whole = readCast('live.cast');
    expect(whole.header).toMatchObject({ version: 3, term: size });
    expect(whole.events.every(([interval]) => interval >= 0)).toBe(true);
    expect(whole.output).toMatch(/^[\s\S]*clone\$ [\s\S]*café 日本\r\n[\s\S]*15 70\r\n/);
  });
});

interface CastFile {
  readonly header: object;
  readonly events: readonly (readonly [number, string, string])[];
  readonly output: string;
}

function readCast(name: string): CastFile {
  const [header = '', ...lines] = readFileSync(join(zone.root, name), 'utf8').trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line) as [number, string, string]);
  const output = events.filter(([, code]) => code === 'o').map(([, , data]) => data);
  return { header: JSON.parse(header) as object, events, output: output.join('') };
}
