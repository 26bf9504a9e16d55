import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outputFrame } from '../../../../daemon/holder/program/frames.js';
import { Gather } from '../../../../daemon/holder/program/gather.js';
import { InputQueue } from '../../../../daemon/holder/program/inputQueue.js';
import { Lane } from '../../../../daemon/holder/program/lane.js';
import { Lanes } from '../../../../daemon/holder/program/lanes.js';
import { LaneSource } from '../../../../daemon/holder/program/laneSource.js';
import type { SpoolWriter } from '../../../../daemon/holder/program/spool.js';
import { fromLane, laneRights, toLane } from '../../../../daemon/holder/program/wire.js';
import { LanePeer } from '../../../support/lanePeer.js';

const token = '00112233445566778899aabbccddeeff';

/** A spool in memory. */
class MemorySpool {
  start = 0;
  bytes = Buffer.alloc(0);
  /** How often it was read. */
  reads = 0;

  get end(): number {
    return this.bytes.length;
  }

  append(chunk: Buffer): void {
    this.bytes = Buffer.concat([this.bytes, chunk]);
  }

  read(offset: number, max: number): Buffer | undefined {
    this.reads += 1;
    return offset < this.start ? undefined : this.bytes.subarray(offset, offset + max);
  }
}

let folder: string;
let server: Server;
let spool: MemorySpool;
let source: LaneSource;
let rights: number;
let stallMs: number;
let told: string[];
let lanes: Lane[];
let takes: boolean;
const peers: LanePeer[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'khlone-'));
  spool = new MemorySpool();
  source = new LaneSource(spool as unknown as SpoolWriter);
  [rights, stallMs, told, lanes, takes] = [laneRights.write, 60_000, [], [], true];
  const [heard, all] = [told, lanes];
  server = createServer((socket) => {
    const lane = new Lane(socket, {
      source,
      stallMs,
      admit: (given) => (given === Buffer.from(token, 'hex').toString('latin1') ? rights : undefined),
      type: (data) => takes && heard.push(`typed ${data.toString()}`) > 0,
      stalled: () => heard.push('stalled'),
      closed: () => heard.push('closed'),
    });
    all.push(lane);
  });
  await new Promise<void>((listening) => server.listen(join(folder, 'l'), listening));
});
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.socket.destroy();
  await new Promise((closed) => server.close(closed));
  rmSync(folder, { recursive: true });
});

/** The program puts something out. */
function put(data: string | Buffer): void {
  const chunk = Buffer.from(data as string);
  const offset = spool.end;
  const whole = outputFrame(toLane.output, 0, { offset, chunk });
  for (const lane of lanes) lane.push(offset, whole, chunk.length);
  spool.append(chunk);
  for (const lane of lanes) lane.serve();
}

async function greet(offset = 0, limit?: number): Promise<LanePeer> {
  const peer = await LanePeer.greet({ socket: join(folder, 'l'), token }, offset, limit);
  peers.push(peer);
  return peer;
}

describe('a lane of a holder', () => {
  it('sends what was there, then what comes', async () => {
    put('before');
    const peer = await greet(3);
    put(' after');
    await peer.until(() => peer.output.length === 9);
    expect(peer.output.toString()).toBe('ore after');
    expect(peer.heard[0]).toBe('opened');
  });

  it('sends no byte beyond what is allowed, and everything in order after that', async () => {
    const peer = await greet(0, 4);
    put('012');
    put('345');
    put('678');
    await peer.until(() => peer.end === 4);
    peer.allow(5);
    await peer.until(() => peer.end === 5);
    peer.allow(100);
    await peer.until(() => peer.end === 9);
    put('9');
    await peer.until(() => peer.end === 10);
    expect(peer.output.toString()).toBe('0123456789');
  });

  it('answers each input, with the output that follows it or without, and says what was not taken', async () => {
    const peer = await greet();
    peer.send(fromLane.input, 'a');
    await peer.until(() => peer.count('taken') === 1);
    takes = false;
    peer.send(fromLane.input, 'b');
    await peer.until(() => peer.count('full') === 1);
    takes = true;
    peer.send(fromLane.input, Buffer.alloc(2000, 'c'));
    peer.send(fromLane.input, 'd');
    await peer.until(() => peer.count('taken') === 3);
    expect(told).toEqual(['typed a', `typed ${'c'.repeat(2000)}`, 'typed d']);
  });

  it('lets go of one that reads nothing for too long, and of no other', async () => {
    stallMs = 100;
    const still = await greet(0, 0);
    await sleep(300);
    expect(told).toEqual([]);
    put('x');
    await still.closed;
    expect(told[0]).toBe('stalled');
    expect(still.over).toBeUndefined();
  });

  it('keeps one that reads a little now and then', async () => {
    stallMs = 400;
    const peer = await greet(0, 0);
    put('x'.repeat(10));
    for (let limit = 1; limit <= 10; limit++) {
      await sleep(100);
      peer.allow(limit);
      await peer.until(() => peer.end === limit);
    }
    expect(told).toEqual([]);
  });

  it('sends one back that is more than a mebibyte behind, unless it wants every byte', async () => {
    const megabytes = Buffer.alloc(3_000_000, 'x');
    const first = await greet(0, 10);
    put('0123456789');
    await first.until(() => first.end === 10);
    put(megabytes);
    first.allow(10_000_000);
    await first.closed;
    expect(first.over).toBe(10);
    rights = laneRights.lossless;
    const second = await greet(0, 10);
    put(megabytes);
    second.allow(10_000_000);
    await second.until(() => second.end === 6_000_010);
    expect(second.over).toBeUndefined();
  });

  it('sends one back to whom what it wants is no longer kept', async () => {
    put('0123456789');
    spool.start = 5;
    const peer = await greet(2);
    await peer.closed;
    expect(peer.over).toBe(2);
  });

  it('reads what several have missed once', async () => {
    rights = laneRights.lossless;
    const all = [await greet(0, 0), await greet(0, 0), await greet(0, 0)];
    put(Buffer.alloc(640 * 1024, 'x'));
    for (const peer of all) peer.allow(10_000_000);
    for (const peer of all) await peer.until(() => peer.end === 640 * 1024);
    expect(spool.reads).toBeLessThan(25);
  });

  it('keeps no more in memory for one that takes nothing than a frame and what a socket has', async () => {
    rights = laneRights.lossless;
    const peer = await greet();
    peer.socket.pause();
    for (let many = 0; many < 200; many++) put(Buffer.alloc(32 * 1024, 'x'));
    await sleep(50);
    expect(lanes[0]?.waiting).toBeLessThan(256 * 1024);
    peer.socket.resume();
    await peer.until(() => peer.end === spool.end);
  });

  it('tells sizes between the bytes they are between, and the last ones to who comes late', async () => {
    put('one');
    source.resized({ cols: 90, rows: 30 });
    const peer = await greet(0, 3);
    await peer.until(() => peer.sizes.length === 1);
    put('two');
    source.resized({ cols: 100, rows: 40 });
    for (const lane of lanes) lane.serve();
    put('three');
    peer.allow(100);
    await peer.until(() => peer.end === 11);
    expect(peer.sizes).toEqual([
      { offset: 3, cols: 90, rows: 30 },
      { offset: 6, cols: 100, rows: 40 },
    ]);
    expect(peer.heard.filter((name) => name !== 'opened')).toEqual([
      'output',
      'resized',
      'output',
      'resized',
      'output',
    ]);
  });
});

describe('the input of a terminal', () => {
  it('that came by a lane is not counted as taken, which the daemon has not sent', () => {
    const sink = openSync('/dev/null', 'w');
    let taken = 0;
    const queue = new InputQueue(sink, (total) => (taken = total));
    queue.push(Buffer.alloc(100));
    expect(queue.offer(Buffer.alloc(1000))).toBe(true);
    queue.push(Buffer.alloc(64 * 1024));
    queue.close();
    closeSync(sink);
    expect(taken).toBe(64 * 1024 + 100);
  });
});

describe('gathering', () => {
  it('leaves alone what a program draws at once, and changes no byte of what it prints in bulk', async () => {
    const chunks: Buffer[] = [];
    const gather = new Gather((chunk) => chunks.push(Buffer.from(chunk)));
    gather.push(Buffer.from('key'));
    expect(chunks.map(({ length }) => length)).toEqual([3]);
    const bulk = Buffer.from(Array.from({ length: 300_000 }, (_, n) => n % 251));
    for (let at = 0; at < bulk.length; at += 4095) gather.push(bulk.subarray(at, at + 4095));
    while (Buffer.concat(chunks).length < bulk.length + 3) await sleep(1);
    expect(Buffer.concat(chunks).subarray(3).equals(bulk)).toBe(true);
    expect(chunks.length).toBeLessThan(40);
  });
});

describe('the lanes of a holder', () => {
  /** Lanes in a folder of their own, and who was let go. */
  async function open(): Promise<{ all: Lanes; stalled: string[] }> {
    const stalled: string[] = [];
    const all = new Lanes({
      spool: spool as unknown as SpoolWriter,
      stallMs: 200,
      type: () => true,
      stalled: (given) => stalled.push(given.toString('hex')),
    });
    const before = process.cwd();
    process.chdir(mkdtempSync(join(folder, 'lanes-')));
    all.grant(Buffer.from(`${token}01`, 'hex'));
    socket = join(process.cwd(), 'l');
    process.chdir(before);
    await sleep(0);
    return { all, stalled };
  }
  let socket: string;

  it('let go of a client that does not come, but of none that was told not to', async () => {
    const { all, stalled } = await open();
    const other = '99112233445566778899aabbccddeeff';
    all.grant(Buffer.from(`${other}01`, 'hex'));
    all.revoke(Buffer.from(other, 'hex'));
    while (stalled.length === 0) await sleep(10);
    await sleep(300);
    expect(stalled).toEqual([token]);
    all.close(() => undefined);
  });

  it('let go of a client that leaves and says nothing to the daemon, but of none that was revoked', async () => {
    const { all, stalled } = await open();
    const peer = await LanePeer.greet({ socket, token }, 0);
    await sleep(300);
    expect(stalled).toEqual([]);
    peer.socket.destroy();
    while (stalled.length === 0) await sleep(10);
    expect(stalled).toEqual([token]);
    all.grant(Buffer.from(`${token}01`, 'hex'));
    const next = await LanePeer.greet({ socket, token }, 0);
    all.revoke(Buffer.from(token, 'hex'));
    await next.closed;
    await sleep(300);
    expect(stalled).toEqual([token]);
    all.close(() => undefined);
  });

  it('are few: those beyond are not let in', async () => {
    const { all } = await open();
    const many = await Promise.all(Array.from({ length: 80 }, () => LanePeer.connect(socket)));
    const last = await LanePeer.connect(socket);
    await last.closed;
    expect(many.every((peer) => !peer.socket.destroyed)).toBe(true);
    for (const peer of many) peer.socket.destroy();
    all.close(() => undefined);
  });
});
