import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTerminals } from '../../../../daemon/streams/terminals.js';
import { FakeHeldTerminal, FakeTerminalHolder } from '../../../support/heldTerminal.js';
import { FakeScreens } from '../../../support/screens.js';
import { FakeClient, HubStage, turns } from '../../../support/viewers.js';

const mib = 1024 * 1024;

let stage: HubStage;
let client: FakeClient;
beforeEach(() => {
  stage = new HubStage();
  client = new FakeClient();
});
afterEach(() => {
  stage.terminal.dispose();
  vi.useRealTimers();
});

describe('when the program ends', () => {
  it('its viewers get all it put out, then why it is over', async () => {
    const viewer = await stage.attach(client);
    client.quick = false;
    stage.held.put('almost ');
    stage.held.put('all');
    stage.held.exit({ code: 3, signal: null });
    await turns();
    expect(client.text).toBe('almost ');
    expect(() => viewer.resync()).toThrow(expect.objectContaining({ kind: 'streamEnded' }));
    client.take();
    client.take();
    expect(client.told.slice(1)).toEqual([
      { type: 'data', offset: 7, end: 10, data: 'all' },
      { type: 'ended', reason: 'exited', exit: { code: 3, signal: null } },
    ]);
    expect(await stage.terminal.exited).toEqual({ code: 3, signal: null });
  });

  it('they hear the reason that was given', async () => {
    await stage.attach(client);
    stage.terminal.ending('posture');
    stage.terminal.ending('retired');
    await stage.held.kill();
    await stage.terminal.exited;
    expect(client.of('ended')).toMatchObject([{ reason: 'posture', exit: { signal: 'SIGTERM' } }]);
  });

  it('those who do not read are waited for no longer than 2 s', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const viewer = await stage.attach(client, { lossless: true });
    stage.held.put('a'.repeat(2 * mib));
    await turns(20);
    stage.held.exit();
    await vi.advanceTimersByTimeAsync(1_900);
    expect(client.end).toBeUndefined();
    await vi.advanceTimersByTimeAsync(200);
    expect(client.end).toBe('exited');
    expect(await stage.terminal.exited).toEqual({ code: 0, signal: null });
    expect(() => viewer.ack(1)).toThrow(expect.objectContaining({ kind: 'streamEnded' }));
  });

  it('those who have not got their answer hear of it after that', async () => {
    const viewer = await stage.open(client);
    stage.held.put('last');
    stage.held.exit();
    await turns();
    viewer.begin();
    expect(client.told).toMatchObject([{ type: 'data', data: 'last' }, { type: 'ended' }]);
    await stage.terminal.exited;
  });

  it('nobody comes to it any more', async () => {
    stage.held.exit();
    await stage.terminal.exited;
    await expect(stage.attach(client)).rejects.toEqual(expect.objectContaining({ kind: 'noTerminal' }));
  });
});

describe('a terminal', () => {
  it('takes at most 64 viewers, and one more when one has left', async () => {
    const first = await stage.attach(client);
    for (let n = 1; n < 64; n++) await stage.attach(new FakeClient());
    await expect(stage.attach(new FakeClient())).rejects.toEqual(
      expect.objectContaining({
        kind: 'limitReached',
        details: { what: 'viewers of mechanic.1', limit: 64 },
      }),
    );
    first.dispose();
    await stage.attach(new FakeClient());
    await expect(stage.attach(new FakeClient())).rejects.toBeDefined();
  });

  it('who comes while it ends is told that there is none, though its screen has gone with it', async () => {
    stage.screen.delay = () => {
      stage.terminal.dispose();
      return Promise.reject(new Error('the screen is closed'));
    };
    await expect(stage.attach(client, { mode: 'talk' })).rejects.toMatchObject({ kind: 'noTerminal' });
    expect(client.told).toEqual([]);
  });

  it('that is no longer looked after lets its viewers go, with its screen', async () => {
    await stage.attach(client);
    const heard: string[] = [];
    const late = await stage.attach(new FakeClient());
    late.onEnd((reason) => heard.push(reason));
    stage.terminal.dispose();
    late.onEnd((reason) => heard.push(reason));
    stage.held.put('unheard');
    expect(client.told).toEqual([{ type: 'ended', reason: 'stopping', exit: undefined }]);
    expect(heard).toEqual(['stopping', 'stopping']);
    expect([stage.screen.disposed, stage.held.disposed]).toEqual([true, true]);
  });

  it('tells others of its output too, and is typed into by its supplier', () => {
    const heard: [number, string][] = [];
    const hearing = stage.terminal.onOutput((offset, chunk) => heard.push([offset, chunk.toString()]));
    stage.held.put('ab');
    stage.held.put('c');
    hearing.dispose();
    stage.held.put('d');
    expect(heard).toEqual([
      [0, 'ab'],
      [2, 'c'],
    ]);
    expect(stage.terminal.write('é')).toBe(true);
    stage.held.reads = false;
    expect(stage.terminal.write('x')).toBe(false);
    expect(stage.held.typing).toBe('é');
  });
});

describe('terminals', () => {
  it('are started by the holder, with the size that is asked for', async () => {
    const holder = new FakeTerminalHolder();
    const screens = new FakeScreens();
    const what = { tag: {}, program: 'cat', args: [], cwd: '/', env: {} };
    const terminal = await createTerminals({ holder, screens }).open(what, { cols: 90, rows: 30 });
    expect(terminal.size).toEqual({ cols: 90, rows: 30 });
    expect(screens.opened[0]?.start).toEqual({ size: { cols: 90, rows: 30 }, offset: 0, answered: 0 });
    terminal.dispose();
  });

  it('of an earlier daemon are taken up with the screen, the sizes and the bytes they have', async () => {
    const held = new FakeHeldTerminal({ cols: 80, rows: 24 });
    held.put('0123456789');
    held.resize({ cols: 90, rows: 30 });
    held.put('abcdefghij');
    held.resize({ cols: 91, rows: 31 });
    held.put('ABC');
    held.kept = 4;
    const screens = new FakeScreens();
    const holder = new FakeTerminalHolder();
    const terminal = createTerminals({ holder, screens }).adopt(held);
    const [screen] = screens.opened;
    expect(screen?.start).toEqual({ size: { cols: 80, rows: 24 }, offset: 4, answered: 23 });
    expect(screen?.sizes).toEqual([
      { size: { cols: 90, rows: 30 }, offset: 10 },
      { size: { cols: 91, rows: 31 }, offset: 20 },
    ]);
    expect(screen?.source.end).toBe(23);
    expect(screen?.source.read(4, 100)?.toString()).toBe('456789abcdefghijABC');
    expect(terminal.size).toEqual({ cols: 91, rows: 31 });
    held.put('DEF');
    expect(screen?.source.read(22, 100)?.toString()).toBe('CDEF');
    terminal.dispose();
  });

  it('hear nothing twice that their spool had already, and miss nothing that was put out meanwhile', () => {
    const held = new FakeHeldTerminal();
    let hear: (offset: number, chunk: Buffer) => void = () => {};
    held.onOutput = (listener) => {
      hear = listener;
      return { dispose: () => {} };
    };
    held.put('0123456789');
    const screens = new FakeScreens();
    const terminal = createTerminals({ holder: new FakeTerminalHolder(), screens }).adopt(held);
    hear(2, Buffer.from('2345'));
    hear(8, Buffer.from('89ab'));
    held.put('abcdefgh');
    hear(14, Buffer.from('efgh'));
    const [screen] = screens.opened;
    expect(screen?.source.end).toBe(18);
    for (const offset of [0, 8, 11, 14]) {
      expect(screen?.source.read(offset, 100)?.toString()).toBe('0123456789abcdefgh'.slice(offset));
    }
    terminal.dispose();
  });
});
