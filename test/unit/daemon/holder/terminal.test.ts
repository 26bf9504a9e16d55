import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HeldTerminal } from '../../../../daemon/holder/contract.js';
import type { Holders } from '../../../../daemon/holder/holders.js';
import { HolderStage } from '../../../support/holders.js';
import { isAlive } from '../../../support/processes.js';

const size = { cols: 80, rows: 24 };
const mib = 1024 * 1024;
/** No echo, no line editing, no translation, as full-screen programs have it. */
const raw = 'stty raw -echo; echo ready;';

let stage: HolderStage;
let holders: Holders;
const held: HeldTerminal[] = [];

beforeAll(() => {
  stage = new HolderStage();
  holders = stage.open();
});
afterAll(() => stage[Symbol.asyncDispose]());
afterEach(async () => {
  await Promise.all(held.splice(0).map((terminal) => terminal.kill(0)));
});

/** What a terminal put out, from its first byte on. */
class Heard {
  readonly terminal: HeldTerminal;
  #text = Buffer.alloc(0);
  #changed: () => void = () => undefined;

  constructor(terminal: HeldTerminal) {
    this.terminal = terminal;
    terminal.onOutput((offset, chunk) => {
      expect(offset).toBe(this.#text.length);
      this.#text = Buffer.concat([this.#text, chunk]);
      this.#changed();
    });
  }

  get bytes(): Buffer {
    return this.#text;
  }

  get text(): string {
    return this.#text.toString();
  }

  /** Resolves once the text is there. */
  async until(text: string): Promise<void> {
    while (!this.text.includes(text)) await new Promise<void>((resolve) => (this.#changed = resolve));
  }

  async ended(): Promise<string> {
    await this.terminal.exited;
    return this.text;
  }
}

async function start(program: string, args: readonly string[], more: object = {}): Promise<Heard> {
  const env = { PATH: '/usr/bin:/bin' };
  const what = { tag: { clone: 'shell.1' }, program, args, cwd: stage.folder, env, ...more };
  const terminal = await holders.spawnTerminal(what, size);
  held.push(terminal);
  return new Heard(terminal);
}

const sh = (script: string, more?: object): Promise<Heard> => start('sh', ['-c', script], more);
const node = (script: string): Promise<Heard> => start(process.execPath, ['-e', script]);

describe('a program in a terminal', () => {
  it('has a terminal of the given size as its own, a session, and exactly the environment it was told', async () => {
    const heard = await sh('test -t 0 && test -t 1 && test -t 2 && stty size && tty && env', {
      env: { PATH: '/usr/bin:/bin', COLOUR: 'green' },
    });
    const { identity, run } = heard.terminal;
    const lines = (await heard.ended()).split('\r\n');
    expect(lines[0]).toBe('24 80');
    expect(lines[1]).toMatch(/^\/dev\//);
    const variables = lines.slice(2).filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=|^$/.test(line));
    expect(variables.toSorted()).toEqual(['COLOUR=green', `KHLONE_RUN=${run}`, 'PATH=/usr/bin:/bin']);
    expect(identity.run).toBe(run);
    expect(await heard.terminal.exited).toEqual({ code: 0, signal: null });
  });

  it('is told of a new size', async () => {
    const heard = await sh('trap "stty size; exit 4" WINCH; echo ready; while :; do sleep 0.05; done');
    await heard.until('ready');
    heard.terminal.resize({ cols: 132, rows: 50 });
    expect(heard.terminal.size).toEqual({ cols: 132, rows: 50 });
    expect(await heard.terminal.exited).toEqual({ code: 4, signal: null });
    expect(heard.text).toContain('50 132');
  });

  it('is typed into, and interrupted as from a keyboard', async () => {
    const heard = await start('cat', []);
    expect(heard.terminal.write(Buffer.from('hello\r'))).toBe(true);
    await heard.until('hello\r\nhello\r\n');
    heard.terminal.write(Buffer.from('\x03'));
    expect(await heard.terminal.exited).toEqual({ code: null, signal: 'SIGINT' });
  });

  it('gets and gives binary junk byte by byte', async () => {
    const heard = await sh(`${raw} exec head -c 65536`);
    await heard.until('ready\n');
    const junk = randomBytes(65_536);
    heard.terminal.write(junk);
    await heard.terminal.exited;
    expect(heard.bytes.subarray(heard.bytes.indexOf('ready\n') + 6).equals(junk)).toBe(true);
  });

  it('that does not exist, cannot be run, or has no folder to run in, is an error with a code', async () => {
    const path = join(stage.folder, 'not-executable');
    writeFileSync(path, '#!/bin/sh\n');
    await expect(start('/nowhere/at/all', [])).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(start('no-such-program', [])).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(start(path, [])).rejects.toMatchObject({ code: 'EACCES' });
    await expect(start(stage.folder, [])).rejects.toMatchObject({ code: 'EACCES' });
    const gone = join(stage.folder, 'gone');
    mkdirSync(gone);
    rmSync(gone, { recursive: true });
    await expect(start('cat', [], { cwd: gone })).rejects.toMatchObject({ code: 'ENOENT' });
    // Its own PATH counts, whatever the daemon's is.
    await expect(start('cat', [], { env: { PATH: '/nowhere' } })).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is found by a PATH relative to its folder', async () => {
    const bin = join(stage.folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'greet'), '#!/bin/sh\necho hi\n', { mode: 0o755 });
    const heard = await start('greet', [], { env: { PATH: 'bin:/usr/bin:/bin' } });
    expect(await heard.ended()).toBe('hi\r\n');
  });

  it('is killed gently, then not', async () => {
    const deaf = await sh("trap '' TERM HUP; echo ready; while :; do sleep 0.05; done");
    await deaf.until('ready');
    expect(await deaf.terminal.kill(100)).toEqual({ code: null, signal: 'SIGKILL' });
    const good = await sh('echo ready; exec sleep 600');
    await good.until('ready');
    expect(await good.terminal.kill(600_000)).toEqual({ code: null, signal: 'SIGTERM' });
    expect(good.terminal.isAlive()).toBe(false);
  });

  it('leaves folders and files that are nobody else’s', async () => {
    const heard = await sh('echo ready; exec cat');
    await heard.until('ready');
    const folder = join(stage.folder, heard.terminal.run);
    const mode = (path: string): number => statSync(path).mode & 0o777;
    expect(mode(folder)).toBe(0o700);
    const names = readdirSync(folder);
    expect(names.toSorted()).toEqual([
      'brain.json',
      'out.0000000000000000',
      'out.0000000000000000.marks',
      's',
    ]);
    for (const name of names) expect(mode(join(folder, name)) & 0o077, name).toBe(0);
    expect(readFileSync(join(folder, 'brain.json'), 'utf8')).not.toContain('PATH');
  });
});

describe('the traps of terminals', () => {
  it('no byte of the last output is lost, though the program ends at once', async () => {
    const files = Array.from({ length: 20 }, (_, n) => {
      const text = randomBytes(500 + n * 2_000).toString('hex');
      const path = join(stage.folder, `short.${n}`);
      writeFileSync(path, text);
      return { path, hash: createHash('sha256').update(text).digest('hex') };
    });
    const heard = await Promise.all(
      files.map(({ path }, n) => start('cat', [path], { tag: { clone: `cat.${n}` } })),
    );
    const hashes = await Promise.all(
      heard.map(async (each) =>
        createHash('sha256')
          .update(await each.ended())
          .digest('hex'),
      ),
    );
    expect(hashes).toEqual(files.map(({ hash }) => hash));
    const spooled = heard.map(({ terminal: { spool } }) => spool.read(0, mib)?.length);
    expect(spooled).toEqual(heard.map(({ bytes }) => bytes.length));
  });

  it('a program that does not read holds nothing up, and has all of it once it does', async () => {
    const go = join(stage.folder, 'go');
    const ticks = `n=0; while ! test -e ${go}; do n=$((n + 1)); echo tick $n; sleep 0.02; done`;
    const heard = await sh(`${raw} ${ticks}; head -c ${3 * mib} | sha256sum; exec sleep 600`);
    const { terminal } = heard;
    await heard.until('ready');
    const paste = randomBytes(3 * mib);
    expect(terminal.write(paste)).toBe(true);
    // More than 4 MiB do not wait.
    expect(terminal.write(Buffer.alloc(2 * mib))).toBe(false);
    const now = heard.text.split('tick').length;
    await heard.until(`tick ${now + 5}\n`);
    writeFileSync(go, '');
    await heard.until(createHash('sha256').update(paste).digest('hex'));
    expect(terminal.write(Buffer.alloc(2 * mib))).toBe(true);
  });

  it('no descriptor of the holder reaches the program', async () => {
    const heard = await sh('echo ready; exec sleep 600');
    await heard.until('ready');
    const { pid } = heard.terminal.identity;
    const open = readdirSync(`/proc/${pid}/fd`).map((fd) => [fd, readlinkSync(`/proc/${pid}/fd/${fd}`)]);
    expect(open.map(([fd]) => fd)).toEqual(['0', '1', '2']);
    expect(new Set(open.map(([, to]) => to)).size).toBe(1);
    expect(open[0]?.[1]).toMatch(/^\/dev\/(pts\/)?\w+$/);
  });

  it('a program that ends before it has read what was typed just ends', async () => {
    const heard = await sh(`${raw} exec sleep 0.2`);
    await heard.until('ready');
    heard.terminal.write(Buffer.alloc(3 * mib, 'unread'));
    expect(await heard.terminal.exited).toEqual({ code: 0, signal: null });
    expect(heard.terminal.write(Buffer.from('late'))).toBe(true);
  });

  it('what a program leaves running on its terminal does not keep its end from being told', async () => {
    const heard = await node(`
      const { spawn } = require('node:child_process');
      const { openSync } = require('node:fs');
      const stray = spawn('sh', ['-c', 'trap "" HUP TERM; while :; do sleep 0.05; done'], { detached: true, env: {}, stdio: 'inherit' });
      stray.unref();
      process.stdout.write('stray ' + stray.pid + ' ', () => process.exit(7));
    `);
    expect(await heard.terminal.exited).toEqual({ code: 7, signal: null });
    const stray = Number(/stray (\d+)/.exec(heard.text)?.[1]);
    // It threw its marker away and changed its session: nothing tells that it was this run's.
    if (isAlive(stray)) process.kill(stray, 'SIGKILL');
    expect(existsSync(join(stage.folder, heard.terminal.run, 'exit.json'))).toBe(true);
  });
});
