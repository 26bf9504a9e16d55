import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type {
  HeldProgram,
  HeldSize,
  HeldTerminal,
  ProcessIdentity,
} from '../../../../daemon/holder/contract.js';
import { FinishedRuns } from '../../../../daemon/holder/finished.js';
import { type BrainListener, HolderLink } from '../../../../daemon/holder/holderLink.js';
import { findHolder } from '../../../../daemon/holder/holderProcess.js';
import type { BrainFile } from '../../../../daemon/holder/program/wire.js';
import { HolderStage, holderProgram } from '../../../support/holders.js';
import { goneWithin, isAlive, processesNaming } from '../../../support/processes.js';

const size = { cols: 80, rows: 24 };
const patient = { timeout: 20_000 };
const owner = join(import.meta.dirname, '../../../support/holderOwner.mjs');

let stage: HolderStage;
const owners: ChildProcess[] = [];
beforeEach(() => {
  stage = new HolderStage();
});
afterEach(async () => {
  for (const child of owners.splice(0)) child.kill('SIGKILL');
  await stage[Symbol.asyncDispose]();
  expect(processesNaming(stage.folder)).toEqual([]);
});

const sh = (script: string, clone = 'shell.1'): HeldProgram => ({
  tag: { clone },
  program: 'sh',
  args: ['-c', script],
  cwd: '/',
  env: { PATH: '/usr/bin:/bin', HOME: stage.folder },
});

/** Starts programs under another process, kills that, and tells who they are. */
type Orphan = HeldProgram & { readonly size?: HeldSize; readonly folder?: string };
async function orphans(...programs: Orphan[]): Promise<ProcessIdentity[]> {
  const folder = programs[0]?.folder ?? stage.folder;
  const child = spawn(process.execPath, [owner, JSON.stringify({ folder, programs })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  owners.push(child);
  const line = String((await once(child.stdout, 'data'))[0]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return JSON.parse(line) as ProcessIdentity[];
}

/** What a brain has put out, as its holder keeps it. */
const spooled = (run: string): string =>
  readFileSync(join(stage.folder, run, 'out.0000000000000000'), 'utf8');

const brainFile = (run: string): BrainFile =>
  JSON.parse(readFileSync(join(stage.folder, run, 'brain.json'), 'utf8')) as BrainFile;

/** All a terminal puts out, from the first byte that is kept to its end. */
async function all(terminal: HeldTerminal): Promise<string> {
  const { spool } = terminal;
  const parts: Buffer[] = [];
  let at = spool.start;
  while (at < spool.end) {
    const part = spool.read(at, 1024 * 1024) ?? Buffer.alloc(0);
    parts.push(part);
    at += part.length;
  }
  terminal.onOutput((offset, chunk) => {
    expect(offset).toBe(at);
    at += chunk.length;
    parts.push(chunk);
  });
  await terminal.exited;
  return Buffer.concat(parts).toString();
}

describe('a holder that was stopped', () => {
  it('holds up neither the end of its brain nor that of its daemon', async () => {
    const holders = stage.open();
    const held = await holders.spawn(sh('echo up; exec sleep 1000'));
    const terminal = await holders.spawnTerminal(sh('exec sleep 1000'), size);
    const pids = [held.identity, terminal.identity].map(({ run }) => brainFile(run).holder.pid);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    expect(await held.kill(100)).toEqual({ code: null, signal: 'SIGKILL' });
    await holders.close();
    for (const pid of pids) await goneWithin(pid, 10_000);
    expect([held, terminal].map(({ identity }) => isAlive(identity.pid))).toEqual([false, false]);
  });
});

describe('after a daemon was killed, the next one', () => {
  it('finds terminals with all they have put out and all that comes, byte by byte', async () => {
    const go = join(stage.folder, 'go');
    const script = `seq 1 100000; while ! test -e ${go}; do sleep 0.02; done; seq 100001 400000; exit 5`;
    const [identity] = await orphans({ ...sh(script), size });
    const holders = stage.open();
    const { living, ended } = await holders.find();
    expect(await ended).toBe(0);
    expect(living).toMatchObject([
      { kind: 'terminal', tag: { clone: 'shell.1' }, run: identity?.run, pid: identity?.pid },
    ]);
    const [found] = living;
    if (found?.kind !== 'terminal') throw new Error('a terminal was started');
    expect(found.terminal.identity).toEqual(identity);
    expect(found.terminal.isAlive()).toBe(true);
    const text = all(found.terminal);
    writeFileSync(go, '');
    const expected = Array.from({ length: 400_000 }, (_, n) => `${n + 1}\r\n`).join('');
    expect((await text) === expected).toBe(true);
    expect(await found.terminal.exited).toEqual({ code: 5, signal: null });
  });

  it('types into what it finds, and gives it a new size', async () => {
    await orphans({ ...sh('stty -echo; read -r line; echo "got $line"; stty size'), size });
    const { living } = await stage.open().find();
    const [found] = living;
    if (found?.kind !== 'terminal') throw new Error('a terminal was started');
    expect(found.terminal.size).toEqual(size);
    found.terminal.resize({ cols: 99, rows: 11 });
    found.terminal.write(Buffer.from('hello\r'));
    expect(await all(found.terminal)).toContain('got hello\r\n11 99\r\n');
  });

  it('ends what runs behind pipes when it says so, with its folder', async () => {
    const [identity] = await orphans(sh('echo up; exec sleep 600'));
    const holders = stage.open();
    const { living } = await holders.find();
    expect(living).toMatchObject([{ kind: 'pipes', run: identity?.run, pid: identity?.pid }]);
    expect(isAlive(identity?.pid ?? 0)).toBe(true);
    await holders.end(identity?.run ?? '');
    expect(isAlive(identity?.pid ?? 0)).toBe(false);
    await holders.close();
    expect(readdirSync(stage.folder)).toEqual([]);
  });

  it('finds what a daemon has left to it, and that one no longer ends or hears it', async () => {
    const first = stage.open();
    const what = sh('echo up; while read -r line; do echo "got $line"; done');
    const [piped, terminal] = await Promise.all([first.spawn(what), first.spawnTerminal(what, size)]);
    const heard: string[] = [];
    piped.onStdout((chunk) => heard.push(chunk.toString()));
    await expect.poll(() => heard.join(''), patient).toBe('up\n');
    first.leave();
    void piped.kill(0);
    void terminal.kill(0);

    const { living, ended } = await stage.open().find();
    expect(await ended).toBe(0);
    expect(living.map(({ pid }) => pid).toSorted((a, b) => a - b)).toEqual(
      [piped, terminal].map(({ identity }) => identity.pid).toSorted((a, b) => a - b),
    );
    expect(living.every(({ pid }) => isAlive(pid))).toBe(true);
    expect(heard).toEqual(['up\n']);
  });

  it('ends what runs though its holder was killed as well', async () => {
    const stubborn = "trap '' HUP; echo up; while :; do sleep 0.05; done";
    const [piped, inTerminal] = await orphans(sh(stubborn), { ...sh(stubborn), size });
    for (const identity of [piped, inTerminal]) {
      const { holder } = brainFile(identity?.run ?? '');
      // From then on it is deaf to the end of its terminal.
      await vi.waitFor(() => expect(spooled(identity?.run ?? '')).toContain('up'), { timeout: 10_000 });
      process.kill(holder.pid, 'SIGKILL');
      await goneWithin(holder.pid, 5_000);
      expect(isAlive(identity?.pid ?? 0)).toBe(true);
    }
    const holders = stage.open();
    const { living, ended } = await holders.find();
    expect(living).toEqual([]);
    expect(await ended).toBeGreaterThan(0);
    expect(isAlive(piped?.pid ?? 0)).toBe(false);
    expect(isAlive(inTerminal?.pid ?? 0)).toBe(false);
    // What the terminal has put out is kept, without an exit.
    expect(holders.finished('shell.1')).toMatchObject([{ run: inTerminal?.run, exit: undefined }]);
    expect(existsSync(join(stage.folder, piped?.run ?? ''))).toBe(false);
  });

  it('does not wait for a holder that hangs, and ends it with its brain', async () => {
    const [hung, sound] = await orphans({ ...sh('exec sleep 600'), size }, { ...sh('exec sleep 600'), size });
    const { holder } = brainFile(hung?.run ?? '');
    process.kill(holder.pid, 'SIGSTOP');
    const { living, ended } = await stage.open().find();
    expect(living.map(({ run }) => run)).toEqual([sound?.run]);
    expect(await ended).toBe(1);
    await goneWithin(holder.pid, 5_000);
    expect(isAlive(hung?.pid ?? 0)).toBe(false);
  });

  it('is told nothing of terminals that ended meanwhile, but what they left', async () => {
    const [identity] = await orphans({ ...sh('sleep 0.3; echo last words; exit 9'), size });
    await goneWithin(identity?.pid ?? 0, 5_000);
    const folder = join(stage.folder, identity?.run ?? '');
    await expect.poll(() => existsSync(join(folder, 'exit.json')), patient).toBe(true);
    const holders = stage.open();
    const { living, ended } = await holders.find();
    expect(living).toEqual([]);
    expect(await ended).toBe(0);
    await expect.poll(() => holders.finished('shell.1'), patient).toHaveLength(1);
    const [spool] = holders.finished('shell.1');
    expect(spool?.exit).toEqual({ code: 9, signal: null });
    expect(spool?.spool.read(0, 100)?.toString()).toBe('last words\r\n');
    await expect.poll(() => processesNaming(folder), patient).toEqual([]);
  });

  it('is told of one in mid-turn that ended meanwhile, also where its end is all that is left', async () => {
    const [identity] = await orphans({ ...sh('sleep 0.3; echo last words; exit 9'), size });
    await goneWithin(identity?.pid ?? 0, 5_000);
    const run = identity?.run ?? '';
    await expect.poll(() => existsSync(join(stage.folder, run, 'exit.json')), patient).toBe(true);
    for (const held of [true, false]) {
      const { living, ended } = await stage.open().find(new Map([[run, 0]]));
      expect(await ended).toBe(0);
      const [found] = living;
      if (found?.kind !== 'terminal') throw new Error('a terminal was started');
      const { terminal } = found;
      expect(await terminal.exited).toEqual({ code: 9, signal: null });
      expect(terminal).toMatchObject({ run, size, found: { end: 12, held } });
      expect(terminal.spool.read(0, 100)?.toString()).toBe('last words\r\n');
      // Its end was taken note of, and its holder goes.
      await expect.poll(() => processesNaming(join(stage.folder, run)), patient).toEqual([]);
    }
  });

  it('lets a spare of the one before go', async () => {
    const [identity] = await orphans({ ...sh('exec sleep 600'), size });
    mkdirSync(join(stage.folder, '0123456789abcdef'), { mode: 0o700 });
    const { living, ended } = await stage.open().find();
    expect(living.map(({ run }) => run)).toEqual([identity?.run]);
    await ended;
    expect(readdirSync(stage.folder)).toEqual([identity?.run]);
  });
});

describe('a holder', () => {
  it('serves its spool from any offset, and one daemon at a time: the newest', async () => {
    const holders = stage.open();
    const terminal = await holders.spawnTerminal(sh('seq 1 50000; exec sleep 600'), size);
    const expected = Array.from({ length: 50_000 }, (_, n) => `${n + 1}\r\n`).join('');
    const folder = join(stage.folder, terminal.run);
    for (const from of [0, 1, 77_777, expected.length - 1]) {
      const { link } = await findHolder(folder);
      let text = '';
      let at = from;
      const whole = new Promise<void>((resolve) => {
        const listener: BrainListener = {
          output(_, offset, chunk) {
            expect(offset).toBe(at);
            at += chunk.length;
            text += chunk.toString();
            if (at >= expected.length) resolve();
          },
          taken: () => undefined,
          ended: () => undefined,
          settled: () => undefined,
          lost: () => undefined,
        };
        link.attach(listener);
        link.read(0, from);
      });
      await whole;
      expect(text === expected.slice(from)).toBe(true);
      link.end();
    }
    // The first daemon was told, and has let go of what is not its own any more.
    expect(await terminal.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(isAlive(terminal.identity.pid)).toBe(true);
  });

  it('does not keep its brain waiting for a daemon that does not read', async () => {
    const holders = stage.open();
    const done = join(stage.folder, 'done');
    const go = join(stage.folder, 'go');
    const script = `stty raw; while ! test -e ${go}; do sleep 0.02; done; head -c 60000000 /dev/zero; : > ${done}; exec sleep 600`;
    const terminal = await holders.spawnTerminal(sh(script), size);
    const lazy = connect(join(stage.folder, terminal.run, 's'));
    await once(lazy, 'connect');
    const link = new HolderLink(lazy);
    await link.welcome;
    link.read(0, 0);
    lazy.pause();
    writeFileSync(go, '');
    await expect.poll(() => existsSync(done), patient).toBe(true);
    // What it missed is there, as far as it is kept, and says by its offset where it goes on.
    let first: number | undefined;
    let at = 0;
    link.attach({
      output(_, offset, chunk) {
        if (offset > at) first ??= offset;
        at = offset + chunk.length;
      },
      taken: () => undefined,
      ended: () => undefined,
      settled: () => undefined,
      lost: () => undefined,
    });
    lazy.resume();
    await expect.poll(() => at, patient).toBe(60_000_000);
    expect(60_000_000 - (first ?? 0)).toBeGreaterThanOrEqual(32 * 1024 * 1024);
    link.end();
  });

  it('drops a connection that does not speak its language, and goes on', async () => {
    const holders = stage.open();
    const terminal = await holders.spawnTerminal(sh('exec sleep 600'), size);
    const folder = join(stage.folder, terminal.run);
    const stranger: Socket = connect(join(folder, 's'));
    const closed = once(stranger, 'close');
    stranger.on('error', () => undefined);
    stranger.resume().write(Buffer.alloc(1000, 0xff));
    await closed;
    const { found, link } = await findHolder(folder);
    expect(found).toMatchObject({ version: 1, state: 'running', taken: 0, size });
    link.end();
  });

  it('that is killed takes its brain with it, and all it wrote down is told before', async () => {
    const holders = stage.open();
    const script = "trap '' HUP; seq 1 1000; while :; do sleep 0.05; done";
    const [terminal, piped] = [
      await holders.spawnTerminal(sh(script), size),
      await holders.spawn(sh(script)),
    ];
    let [shown, said] = ['', ''];
    terminal.onOutput((_, chunk) => (shown += chunk.toString()));
    piped.onStdout((chunk) => (said += chunk.toString()));
    await expect.poll(() => shown.endsWith('1000\r\n') && said.endsWith('1000\n'), patient).toBe(true);
    for (const { identity } of [terminal, piped]) process.kill(brainFile(identity.run).holder.pid, 'SIGKILL');
    for (const held of [terminal, piped]) {
      expect(await held.exited).toEqual({ code: null, signal: 'SIGKILL' });
      expect(held.isAlive()).toBe(false);
      expect(isAlive(held.identity.pid)).toBe(false);
    }
    await expect(piped.write('late')).resolves.toBeUndefined();
    await expect.poll(() => existsSync(join(stage.folder, piped.identity.run)), patient).toBe(false);
  });

  it('that nobody asks for ends its brain in the end, and then itself', async () => {
    const folder = join(stage.folder, '00000000000000aa');
    mkdirSync(folder, { mode: 0o700 });
    const child = spawn(process.execPath, [holderProgram, folder, '200'], {
      detached: true,
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const exited = once(child, 'exit');
    const link = new HolderLink(child.stdio[3] as Socket);
    let pid = 0;
    const { program, args, cwd, env, tag } = sh('exec sleep 600');
    await link.spawn({ program, args, cwd, env, tag, umask: 0o022 }, (identity) => {
      pid = identity.pid;
      const ignored = (): void => undefined;
      return { output: ignored, taken: ignored, ended: ignored, settled: ignored, lost: ignored };
    });
    expect(isAlive(pid)).toBe(true);
    link.end();
    expect((await exited)[0]).toBe(0);
    expect(isAlive(pid)).toBe(false);
    expect(JSON.parse(readFileSync(join(folder, 'exit.json'), 'utf8'))).toMatchObject({ signal: 'SIGTERM' });
  });

  it('is reached also where its folder is deeper than a socket’s address is long', async () => {
    const deep = join(stage.folder, 'd'.repeat(60), 'e'.repeat(60));
    mkdirSync(deep, { recursive: true });
    const before = process.cwd();
    const [identity] = await orphans({ ...sh('exec sleep 600'), size, folder: deep });
    const holders = stage.open({ folder: deep });
    const { living } = await holders.find();
    expect(living.map(({ run }) => run)).toEqual([identity?.run]);
    expect(process.cwd()).toBe(before);
    await holders.close();
    expect(isAlive(identity?.pid ?? 0)).toBe(false);
  });
});

describe('the spare', () => {
  const spares = (): string[] =>
    readdirSync(stage.folder).filter((run) => existsSync(join(stage.folder, run, 's')));

  it('is what the next brain gets, so that it waits for no process to start', async () => {
    const holders = stage.open();
    expect(readdirSync(stage.folder)).toEqual([]);
    holders.warm();
    holders.warm();
    await expect.poll(spares, patient).toHaveLength(1);
    const [spare] = spares();
    const first = await holders.spawn(sh('exec cat'));
    expect(first.identity.run).toBe(spare);
    await expect.poll(spares, patient).toHaveLength(2);
    const [next] = spares().filter((run) => run !== spare);
    const second = await holders.spawnTerminal(sh('exec cat'), size);
    expect(second.run).toBe(next);
  });

  it('that died before it was wanted is replaced in silence', async () => {
    const holders = stage.open();
    holders.warm();
    await expect.poll(spares, patient).toHaveLength(1);
    const [process_] = processesNaming(join(stage.folder, spares()[0] ?? ''));
    process.kill(process_?.pid ?? 0, 'SIGKILL');
    const held = await holders.spawn(sh('echo still; exec cat'));
    expect(held.isAlive()).toBe(true);
  });

  it('that was stopped is replaced once it is late', async () => {
    const holders = stage.open({ startMs: 5_000 });
    holders.warm();
    await expect.poll(spares, patient).toHaveLength(1);
    const [spare] = spares();
    const [stopped] = processesNaming(join(stage.folder, spare ?? ''));
    process.kill(stopped?.pid ?? 0, 'SIGSTOP');
    const held = await holders.spawn(sh('exec cat'));
    expect(held.identity.run).not.toBe(spare);
    await goneWithin(stopped?.pid ?? 0, 10_000);
  });

  it('ends with its daemon, also while it is just starting, and leaves nothing', async () => {
    for (const wait of [0, 20, 60]) {
      const holders = stage.open();
      holders.warm();
      await new Promise((resolve) => setTimeout(resolve, wait));
      await holders.close();
      expect(processesNaming(stage.folder)).toEqual([]);
      expect(readdirSync(stage.folder)).toEqual([]);
    }
  });

  it('is not missed by a brain that cannot be started', async () => {
    const holders = stage.open();
    holders.warm();
    await expect(holders.spawn({ ...sh(''), program: '/nowhere' })).rejects.toMatchObject({ code: 'ENOENT' });
    await holders.close();
    expect(readdirSync(stage.folder)).toEqual([]);
  });
});

describe('finished terminals', () => {
  it('are kept, the last three of a clone, for seven days', async () => {
    const holders = stage.open();
    const runs: string[] = [];
    for (let n = 0; n < 5; n++) {
      const terminal = await holders.spawnTerminal(sh(`echo ${n}`), size);
      await terminal.exited;
      runs.push(terminal.run);
    }
    const other = await holders.spawnTerminal(sh('echo other', 'shell.2'), size);
    await other.exited;
    await holders.close();
    const finished = stage.open().finished('shell.1');
    expect(finished.map(({ run }) => run)).toEqual(runs.slice(2));
    expect(finished.map(({ spool }) => spool.read(0, 10)?.toString())).toEqual(['2\r\n', '3\r\n', '4\r\n']);
    expect(finished[0]).toMatchObject({ tag: { clone: 'shell.1' }, exit: { code: 0, signal: null } });

    const day = 24 * 60 * 60 * 1000;
    const kept = new FinishedRuns(stage.folder, new Map());
    await kept.prune(Date.now() + 6 * day);
    expect(kept.of('shell.1')).toHaveLength(3);
    await kept.prune(Date.now() + 7 * day);
    expect(kept.of('shell.1')).toEqual([]);
    // Who still looks at one sees that it is gone.
    expect(finished[0]?.spool.read(0, 10)).toBeUndefined();
    expect(readdirSync(stage.folder)).toEqual([]);
  });
});
