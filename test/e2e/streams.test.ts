import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMessageConnection, SocketMessageReader, SocketMessageWriter } from 'vscode-jsonrpc/node';
import type { Khlone } from '../../client/index.js';
import { DaemonZone } from '../support/daemon.js';
import { DaemonPeer } from '../support/rpc/daemonPeer.js';

const mib = 1024 * 1024;

let zone: DaemonZone;
let khlone: Khlone;
const peers: DaemonPeer[] = [];
beforeEach(async () => {
  zone = new DaemonZone();
  khlone = await zone.connect();
});
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
  await zone[Symbol.asyncDispose]();
});

/** A client on the bare wire. */
async function join(): Promise<DaemonPeer> {
  const { PATH, HOME } = zone.sandbox.env;
  const peer = await DaemonPeer.greet(zone.paths.socket, { PATH, HOME });
  peers.push(peer);
  return peer;
}

/** Enrolls a clone that is a shell script in a terminal. */
async function enroll(script: string): Promise<string> {
  const { name } = await khlone.clone.enroll({
    role: 'tool',
    brain: 'command',
    command: ['sh', '-c', script],
  });
  return name;
}

/** Says back whatever is typed, byte by byte. */
const echo = 'stty raw -echo; echo ready; exec cat';

interface Attached {
  readonly stream: string;
  readonly run: string;
  readonly offset: number;
  readonly snapshot?: { readonly data: string; readonly cols: number; readonly rows: number };
}

const attach = (peer: DaemonPeer, who: string, params: object = {}): Promise<Attached> =>
  peer.call<Attached>('stream/attach', { who, mode: 'talk', ...params });

type Reading = Pick<Attached, 'stream' | 'snapshot'>;

/** Reads a stream, with the screen it began with if there is one, until its text holds a pattern; acknowledges all of it. */
async function reads(peer: DaemonPeer, { stream, snapshot }: Reading, pattern: RegExp): Promise<string> {
  for (let read = snapshot?.data ?? ''; ;) {
    if (pattern.test(read)) return read;
    const { data, end } = await peer.until('stream/data');
    read += String(data);
    await peer.call('stream/ack', { stream, offset: end });
  }
}

/** Attaches, and waits until the program is there. */
async function attachReady(peer: DaemonPeer, who: string, params: object = {}): Promise<Attached> {
  const attached = await attach(peer, who, params);
  await reads(peer, attached, /ready/);
  return attached;
}

describe('bad input', () => {
  it.each([
    ['stream/resize', { cols: 0, rows: 24 }, 'invalidParams'],
    ['stream/resize', { cols: 100_000, rows: 24 }, 'invalidParams'],
    ['stream/ack', { offset: 1_000_000 }, 'ackInvalid'],
    ['stream/ack', { offset: -1 }, 'invalidParams'],
    ['stream/write', { data: 7 }, 'invalidParams'],
    ['stream/write', { stream: 'x_none', data: 'x' }, 'streamNotFound'],
    ['stream/resize', { stream: 'x_none', cols: 80, rows: 24 }, 'streamNotFound'],
    ['stream/detach', { stream: '' }, 'invalidParams'],
  ])('%s with %j is %s, and the stream goes on', async (method, params, kind) => {
    const who = await enroll(echo);
    const peer = await join();
    const attached = await attachReady(peer, who);
    const { stream } = attached;
    await expect(peer.call(method, { stream, ...params })).rejects.toMatchObject({ kind });
    await peer.call('stream/write', { stream, data: 'still here' });
    await reads(peer, attached, /still here/);
  });

  it('a write to a stream that has ended says why it ended', async () => {
    const who = await enroll('echo ready; read line; exit 3');
    const peer = await join();
    const { stream } = await attachReady(peer, who);
    await peer.call('stream/write', { stream, data: '\r' });
    expect(await peer.until('stream/ended')).toEqual({ stream, reason: 'exited', exit: { code: 3 } });
    await expect(peer.call('stream/write', { stream, data: 'x' })).rejects.toMatchObject({
      kind: 'streamEnded',
      details: { stream, reason: 'exited' },
    });
    await khlone.clone.hibernate({ who });
    expect(await khlone.clone.get({ who })).toMatchObject({ posture: 'off' });
  });

  it('any bytes can be typed, and come back as they were', async () => {
    const who = await enroll(echo);
    const peer = await join();
    await peer.call('stream/detach', { stream: (await attachReady(peer, who)).stream });
    const { stream } = await attach(peer, who, { encoding: 'base64' });
    const junk = randomBytes(50_000);
    await peer.call('stream/write', { stream, data: junk.toString('base64') });
    const came: Buffer[] = [];
    while (Buffer.concat(came).length < junk.length) {
      came.push(Buffer.from(String((await peer.until('stream/data'))['data']), 'base64'));
    }
    expect(Buffer.concat(came).equals(junk)).toBe(true);
    await expect(peer.call('stream/write', { stream, data: '%' })).rejects.toMatchObject({
      kind: 'invalidParams',
    });
  });

  it('a talker that vanishes leaves its place at once, and its clone takes work again', async () => {
    const who = await enroll('while :; do printf "> "; read line; echo "said $line"; done');
    const first = await join();
    const attached = await attach(first, who);
    await reads(first, attached, /> /);
    first.raw.send({
      jsonrpc: '2.0',
      id: 99,
      method: 'stream/write',
      params: { stream: attached.stream, data: 'half' },
    });
    await first.close();
    const second = await join();
    const next = await attach(second, who);
    await second.call('stream/write', { stream: next.stream, data: ' a line\r' });
    await reads(second, next, /said half a line/);
    await second.close();
    const { status } = await khlone.task.wait({ task: (await khlone.clone.act({ who, say: 'work' })).id });
    expect(status).toBe('done');
  });

  it('a program that does not read does not keep its clone, and its talker is told', async () => {
    const who = await enroll('stty raw -echo; echo ready; exec sleep 1000');
    const peer = await join();
    const { stream } = await attachReady(peer, who);
    const data = 'x'.repeat(mib);
    const write = async (): Promise<void> => {
      for (let n = 0; n < 6; n++) await peer.call('stream/write', { stream, data });
    };
    await expect(write()).rejects.toMatchObject({ kind: 'inputFull', retryable: true });
    await peer.call('stream/detach', { stream });
    await khlone.clone.hibernate({ who });
    expect((await khlone.clone.get({ who })).posture).toBe('off');
  });
});

describe('several at one terminal', () => {
  it('one talks, others watch, another takes over; all see the same', async () => {
    const who = await enroll(echo);
    const talker = await join();
    const talking = await attachReady(talker, who, { cols: 100, rows: 30 });
    const watcher = await join();
    const watching = await attach(watcher, who, { mode: 'watch' });
    expect(watching.snapshot).toMatchObject({ cols: 100, rows: 30 });
    const late = await join();
    await expect(attach(late, who)).rejects.toMatchObject({
      kind: 'streamTaken',
      details: { clone: who, talker: 'peer 1' },
    });
    await expect(watcher.call('stream/write', { stream: watching.stream, data: 'x' })).rejects.toMatchObject({
      kind: 'streamReadOnly',
    });
    await talker.call('stream/write', { stream: talking.stream, data: 'from the first' });
    await reads(watcher, watching, /from the first/);

    const taken = await attach(late, who, { takeover: true, cols: 90, rows: 20 });
    expect(await talker.until('stream/ended')).toEqual({ stream: talking.stream, reason: 'takenOver' });
    expect(await watcher.until('stream/resized')).toMatchObject({ cols: 90, rows: 20 });
    await late.call('stream/write', { stream: taken.stream, data: 'from the next' });
    await reads(watcher, watching, /from the next/);
    await expect(
      talker.call('stream/write', { stream: talking.stream, data: 'from the first' }),
    ).rejects.toMatchObject({ kind: 'streamEnded', details: { reason: 'takenOver' } });
  });

  it('what the program asks is answered by one of them only', async () => {
    // Asks for the terminal's state, and prints what it is answered as one would see it.
    const who = await enroll(
      `stty raw -echo; echo ready; while read -r _; do printf '\\033[5n'; timeout --foreground 0.3 cat -v; echo asked; done`,
    );
    const peer = await join();
    const client = await attachReady(peer, who);
    await peer.call('stream/write', { stream: client.stream, data: '\n' });
    const unanswered = await reads(peer, client, /asked/);
    expect(unanswered).not.toContain('^[[');
    await peer.call('stream/detach', { stream: client.stream });
    const script = await attach(peer, who, { queries: 'daemon' });
    await peer.call('stream/write', { stream: script.stream, data: '\n' });
    const answered = await reads(peer, { stream: script.stream }, /asked/);
    expect(answered.split('^[[0n')).toHaveLength(2);
  });
});

describe('a client of another make', () => {
  it('talks and hears with nothing but a JSON-RPC library', async () => {
    const who = await enroll(echo);
    const socket = connectSocket(zone.paths.socket);
    await once(socket, 'connect');
    const rpc = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
    let text = '';
    const heard = new Promise<void>((resolve) =>
      rpc.onNotification('stream/data', ({ data }: { data: string }) => {
        text += data;
        if (text.includes('héllo €')) resolve();
      }),
    );
    rpc.listen();
    const { PATH, HOME } = zone.sandbox.env;
    const clientInfo = { name: 'other', version: '1' };
    await rpc.sendRequest('initialize', { protocolVersion: 1, clientInfo, environment: { PATH, HOME } });
    const { stream } = await rpc.sendRequest<Attached>('stream/attach', { who, mode: 'talk' });
    await rpc.sendRequest('stream/write', { stream, data: 'héllo €' });
    await heard;
    expect(await rpc.sendRequest('stream/detach', { stream })).toEqual({});
    rpc.dispose();
    socket.destroy();
  });
});

describe('a stream and its daemon', () => {
  it('ends with a daemon that stops, and says so', async () => {
    const who = await enroll(echo);
    const peer = await join();
    const { stream } = await attachReady(peer, who);
    const stopping = zone.stop(khlone);
    expect(await peer.until('stream/ended')).toMatchObject({ stream, reason: 'stopping' });
    await stopping;
  });

  it('is taken up again where it broke off after the daemon was killed: same program, no byte lost', async () => {
    const who = await enroll('n=0; echo ready; while :; do n=$((n+1)); echo "line $n"; sleep 0.01; done');
    const first = await join();
    const attached = await attach(first, who);
    const before = await reads(first, { stream: attached.stream }, /line 20\r\n/);
    const { offset, run } = attached;
    const place = offset + Buffer.byteLength(before);
    await zone.kill(khlone);
    khlone = await zone.connect();
    const second = await join();
    const next = await attach(second, who, { from: { run, offset: place }, queries: 'daemon' });
    expect([next.run, next.offset, next.snapshot]).toEqual([run, place, undefined]);
    const after = await reads(second, next, /line 60\r\n/);
    const lines = (before + after).split('\r\n').flatMap((line) => /^line (\d+)$/.exec(line)?.[1] ?? []);
    const from = Number(lines[0]);
    expect(lines.map(Number)).toEqual(lines.map((_, index) => from + index));
  });
});

describe('much output', () => {
  /** Puts out as many bytes as each line that is typed says, from a stream of its own that no two places share. */
  const flood = `stty raw -echo; echo ready; while read -r n; do node -e '
    const crypto = require("node:crypto");
    const cipher = crypto.createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16));
    const zeros = Buffer.alloc(65536);
    let left = Number(process.argv[1]);
    const fs = require("node:fs");
    while (left > 0) {
      const piece = cipher.update(zeros.subarray(0, Math.min(left, zeros.length)));
      for (let at = 0; at < piece.length; ) at += fs.writeSync(1, piece, at);
      left -= piece.length;
    }' "$n"; done`;

  it('comes whole and in order over many lost connections', async () => {
    const who = await enroll(flood);
    const talker = await join();
    const { stream, run } = await attachReady(talker, who, { queries: 'daemon' });
    const start = (await attach(await join(), who, { mode: 'watch' })).offset;
    const bytes = 24_000_000;
    await talker.call('stream/write', { stream, data: `${bytes}\n` });
    await talker.call('stream/detach', { stream });

    const hash = createHash('sha256');
    let place = start;
    let connections = 0;
    while (place < start + bytes) {
      connections += 1;
      const peer = await join();
      const from = { run, offset: place };
      const next = await attach(peer, who, { mode: 'watch', encoding: 'base64', lossless: true, from });
      expect(next.offset).toBe(place);
      for (let left = 1 + ((connections * 37) % 60); left > 0 && place < start + bytes; left--) {
        const { offset, end, data } = await peer.until('stream/data');
        expect(offset).toBe(place);
        hash.update(Buffer.from(String(data), 'base64'));
        place = Number(end);
        if (left % 3 === 0)
          peer.raw.send({
            jsonrpc: '2.0',
            id: 'ack',
            method: 'stream/ack',
            params: { stream: next.stream, offset: place },
          });
      }
      await peer.close();
    }
    const { createCipheriv } = await import('node:crypto');
    const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
    expect(hash.digest('hex')).toBe(
      createHash('sha256')
        .update(cipher.update(Buffer.alloc(bytes)))
        .digest('hex'),
    );
    expect(connections).toBeGreaterThan(5);
  });

  const rss = (pid: number): number =>
    Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

  /** What a drawing ends with: its text without the sequences that set cursor and modes. */
  const lastWords = (drawing: string): string =>
    drawing
      // eslint-disable-next-line no-control-regex -- escape sequences are the subject
      .replaceAll(/\u001b(?:\[[0-9:;?<=>!$ ]*[@-~]|[^[])/g, '')
      .trimEnd()
      .slice(-100);

  it.skipIf(process.platform !== 'linux')(
    'that one client never reads costs the daemon no memory',
    async () => {
      const { pid } = khlone.session.daemon;
      const who = await enroll(
        `stty raw -echo; echo ready; while read -r n; do head -c "$n" /dev/zero | tr '\\000' a; echo done; done`,
      );
      const reader = await join();
      const reading = await attachReady(reader, who);
      const pass = async (bytes: number): Promise<void> => {
        await reader.call('stream/write', { stream: reading.stream, data: `${bytes}\n` });
        for (let tail = ''; !tail.includes('done');) {
          const { method, params } = await reader.next();
          const snapshot = params['snapshot'] as { offset: number; data: string } | undefined;
          if (method === 'stream/data') tail = (tail + String(params['data'])).slice(-100);
          else if (snapshot) tail = lastWords(snapshot.data);
          const offset = snapshot?.offset ?? params['end'];
          await reader.call('stream/ack', { stream: reading.stream, offset });
        }
      };
      // What a daemon at work needs anyway; it is a while until its collector has found its measure.
      let before = 0;
      for (let n = 0; n < 4; n++) {
        await pass(150_000_000);
        before = Math.max(before, rss(pid));
      }
      const stuck = await join();
      await attach(stuck, who, { mode: 'watch' });
      stuck.raw.socket.pause();
      await pass(1_000_000_000);
      const grown = (rss(pid) - before) / mib;
      // A gigabyte that waited would be seen; what a collector takes its time over would not do.
      expect(grown).toBeLessThan(64);
    },
    300_000,
  );
});
