import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClient, HubStage, turns } from '../../../support/viewers.js';

let stage: HubStage;
let client: FakeClient;
beforeEach(() => {
  stage = new HubStage();
  client = new FakeClient();
});
afterEach(() => stage.terminal.dispose());

const kind = (name: string, details: object = {}): unknown =>
  expect.objectContaining({ kind: name, details: expect.objectContaining(details) as object });

describe('a talker', () => {
  it('types, as text or as bytes, junk included', async () => {
    const text = await stage.attach(client, { mode: 'talk' });
    text.write('ls\r\u0003\u0000é');
    text.dispose();
    const bytes = await stage.attach(new FakeClient(), { mode: 'talk', encoding: 'base64' });
    const junk = Buffer.from([0, 255, 128, 27, 195]);
    bytes.write(junk.toString('base64'));
    expect(Buffer.concat(stage.held.typed)).toEqual(Buffer.concat([Buffer.from('ls\r\u0003\u0000é'), junk]));
    expect(() => bytes.write('not base64')).toThrow(kind('invalidParams'));
  });

  it('is told when the program does not read', async () => {
    const viewer = await stage.attach(client, { mode: 'talk' });
    stage.held.reads = false;
    expect(() => viewer.write('x')).toThrow(kind('inputFull', { clone: 'mechanic.1' }));
  });

  it('is the only one: another is told who it is, and a watcher can do neither', async () => {
    await stage.attach(client, { mode: 'talk', client: 'editor 2.0' });
    const second = stage.attach(new FakeClient(), { mode: 'talk' });
    await expect(second).rejects.toEqual(kind('streamTaken', { clone: 'mechanic.1', talker: 'editor 2.0' }));
    const watcher = await stage.attach(new FakeClient());
    expect(() => watcher.write('x')).toThrow(kind('streamReadOnly', { stream: 'x_3' }));
    expect(() => watcher.resize({ cols: 1, rows: 1 })).toThrow(kind('streamReadOnly'));
    expect(stage.held.typed).toEqual([]);
    expect(stage.terminal.size).toEqual({ cols: 80, rows: 24 });
  });

  it('holds its place from the moment it asks for it', async () => {
    const both = await Promise.allSettled([
      stage.attach(client, { mode: 'talk' }),
      stage.attach(new FakeClient(), { mode: 'talk' }),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('gives way to one that takes over, and is told', async () => {
    const first = await stage.attach(client, { mode: 'talk' });
    const next = new FakeClient();
    const second = await stage.attach(next, { mode: 'talk', takeover: true });
    expect(client.of('ended')).toEqual([{ type: 'ended', reason: 'takenOver', exit: undefined }]);
    expect(() => first.write('x')).toThrow(kind('streamEnded', { stream: 'x_1', reason: 'takenOver' }));
    second.write('mine');
    first.dispose();
    await expect(stage.attach(new FakeClient(), { mode: 'talk' })).rejects.toEqual(kind('streamTaken'));
    expect(stage.held.typing).toBe('mine');
  });

  it('is told after its answer when it was taken over before that', async () => {
    const first = await stage.open(client, { mode: 'talk' });
    await stage.attach(new FakeClient(), { mode: 'talk', takeover: true });
    stage.held.put('not for it');
    expect(client.told).toEqual([]);
    first.begin();
    expect(client.told).toEqual([{ type: 'ended', reason: 'takenOver', exit: undefined }]);
  });

  it('leaves its place free at once when it goes, and the terminal alone', async () => {
    const viewer = await stage.attach(client, { mode: 'talk' });
    viewer.dispose();
    stage.held.put('on it goes');
    expect(client.told).toEqual([]);
    expect(() => viewer.write('x')).toThrow(kind('streamEnded', { reason: 'detached' }));
    const next = new FakeClient();
    await stage.attach(next, { mode: 'talk' });
    stage.held.put('!');
    expect(next.text).toBe('!');
    expect(stage.held.isAlive()).toBe(true);
  });

  it('leaves its place free when its screen cannot be had', async () => {
    stage.screen.delay = () => Promise.reject(new Error('died'));
    await expect(stage.attach(client, { mode: 'talk' })).rejects.toThrow('died');
    stage.screen.delay = () => undefined;
    await stage.attach(client, { mode: 'talk' });
    expect(stage.screen.asked).toHaveLength(4);
  });
});

describe('the size', () => {
  it('follows the talker, and everybody hears of it at its byte, before what comes after', async () => {
    const watcher = new FakeClient();
    await stage.attach(watcher);
    stage.held.put('one');
    const talker = await stage.attach(client, { mode: 'talk', size: { cols: 100 } });
    stage.held.put('two');
    talker.resize({ cols: 90, rows: 30 });
    stage.held.put('three');
    expect(watcher.told).toEqual([
      { type: 'data', offset: 0, end: 3, data: 'one' },
      { type: 'resized', offset: 3, size: { cols: 100, rows: 24 } },
      { type: 'data', offset: 3, end: 6, data: 'two' },
      { type: 'resized', offset: 6, size: { cols: 90, rows: 30 } },
      { type: 'data', offset: 6, end: 11, data: 'three' },
    ]);
    // The talker came with its first size: it is in its snapshot.
    expect(client.told.map(({ type }) => type)).toEqual(['data', 'resized', 'data']);
    expect(stage.held.sizes).toEqual([
      { cols: 100, rows: 24 },
      { cols: 90, rows: 30 },
    ]);
    expect(stage.screen.sizes).toEqual([
      { size: { cols: 100, rows: 24 }, offset: 3 },
      { size: { cols: 90, rows: 30 }, offset: 6 },
    ]);
  });

  it('that it has already changes nothing, and a watcher changes none', async () => {
    const talker = await stage.attach(client, { mode: 'talk', size: { cols: 80, rows: 24 } });
    talker.resize({ cols: 80, rows: 24 });
    await stage.attach(new FakeClient(), { size: { cols: 10, rows: 10 } });
    expect([stage.held.sizes, client.told]).toEqual([[], []]);
  });

  it('comes between the halves of a character without cutting it', async () => {
    const viewer = await stage.attach(client, { mode: 'talk' });
    const euro = Buffer.from('€');
    stage.held.put(euro.subarray(0, 1));
    viewer.resize({ cols: 90, rows: 30 });
    stage.held.put(euro.subarray(1));
    expect(client.told).toEqual([
      { type: 'resized', offset: 1, size: { cols: 90, rows: 30 } },
      { type: 'data', offset: 0, end: 3, data: '€' },
    ]);
  });

  it('that changed while somebody was behind comes in its place', async () => {
    client.quick = false;
    const viewer = await stage.attach(client, { mode: 'talk' });
    stage.held.put('a');
    stage.held.put('b');
    viewer.resize({ cols: 90, rows: 30 });
    stage.held.put('c');
    for (let n = 0; n < 3; n++) client.take();
    expect(client.told).toMatchObject([
      { data: 'a' },
      { data: 'b' },
      { type: 'resized', offset: 2 },
      { data: 'c' },
    ]);
  });

  it('of a fresh screen is known, and not told again', async () => {
    const viewer = await stage.attach(client, { mode: 'talk' });
    stage.held.put('a'.repeat(1024 * 1024));
    await turns(30);
    viewer.resize({ cols: 90, rows: 30 });
    viewer.resync();
    viewer.resize({ cols: 91, rows: 31 });
    await turns();
    viewer.ack(1024 * 1024);
    expect(client.told.slice(-2)).toMatchObject([
      { type: 'resynced', snapshot: { cols: 90, rows: 30 } },
      { type: 'resized', size: { cols: 91, rows: 31 } },
    ]);
    expect(client.of('resized')).toHaveLength(1);
  });
});

describe('a question of the program', () => {
  it('is answered by the screen while there is no terminal that would', async () => {
    stage.screen.reply(0, '\u001b[0n');
    await stage.attach(client);
    stage.screen.reply(0, '\u001b[1;1R');
    await stage.attach(new FakeClient(), { mode: 'talk', queries: 'daemon' });
    stage.screen.reply(0, '\u001b[?6c');
    expect(stage.held.typing).toBe('\u001b[0n\u001b[1;1R\u001b[?6c');
    expect(stage.screen.switched).toEqual([]);
  });

  it('is answered by the talker from the byte its data begins at, and by the screen before and after', async () => {
    stage.held.put('0123');
    const viewer = await stage.attach(client, { mode: 'talk' });
    stage.held.put('4567');
    stage.screen.reply(2, 'of before;');
    stage.screen.reply(4, 'of meanwhile;');
    viewer.dispose();
    stage.held.put('89');
    stage.screen.reply(8, 'of after');
    expect(stage.held.typing).toBe('of before;of after');
    // The screen itself changes over at the same bytes.
    expect(stage.screen.switched).toEqual([
      { wanted: false, offset: 4 },
      { wanted: true, offset: 8 },
    ]);
  });

  it('is not put anew to a talker that goes on where its stream broke off, if the screen has answered it', async () => {
    const first = await stage.attach(client, { mode: 'talk' });
    stage.held.put('abc');
    first.dispose();
    stage.held.put('?');
    const from = { run: stage.held.run, offset: 3 };
    const quiet = await stage.open(new FakeClient(), { mode: 'talk', from });
    expect(quiet.offset).toBe(3);
    expect(quiet.snapshot).toBeUndefined();
    quiet.dispose();
    stage.screen.reply(3, '!');
    const late = await stage.open(new FakeClient(), { mode: 'talk', from });
    expect(late.snapshot?.offset).toBe(4);
    late.dispose();
    const script = await stage.open(new FakeClient(), { mode: 'talk', queries: 'daemon', from });
    expect(script.snapshot).toBeUndefined();
    expect(stage.held.typing).toBe('!');
  });
});
