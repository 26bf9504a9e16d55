import type { Khlone } from '../../../../client/index.js';
import { DaemonPeer } from '../../rpc/daemonPeer.js';
import type { Day } from './day.js';

/** Longest look, in ms of the pace 1. */
const longestMs = 8_000;

/** Somebody comes, sits down at a terminal or looks at it, and leaves or drops off. */
export async function visit(day: Day, who: string): Promise<void> {
  const { random } = day;
  await using khlone = await day.client();
  const mode = random.next() < 0.5 ? 'talk' : 'watch';
  const leaving = new AbortController();
  const { signal } = leaving;
  const stay = async (): Promise<void> => {
    await day.pause(200, longestMs);
    leaving.abort();
  };
  const lane = random.next() < 0.6;
  const more = {
    lane,
    lossless: mode === 'watch' && random.next() < 0.3,
    scrollback: random.pick([0, 100, 2_000]),
    takeover: random.next() < 0.2,
    encoding: 'base64' as const,
  };
  await day.try(`${mode}s ${lane ? 'by a lane' : 'by the daemon'}`, async () => {
    const stream = await khlone.stream.attach({ who, mode, ...more }, { signal });
    const left = stay();
    let typed = 0;
    for await (const piece of stream) {
      day.count('pieces');
      if (mode === 'watch' || piece.type === 'disconnected' || typed++ > 5) continue;
      await day.try('typed', () => stream.write('echo hello from a visitor\r'));
      if (typed === 3) {
        const size = { cols: random.between(40, 200), rows: random.between(10, 60) };
        await day.try('resized', () => stream.resize(size));
      }
    }
    await left;
  });
}

/** A client on the bare wire: one that reads, one that stops reading, one that is gone in the middle. */
export async function knock(day: Day, who: string): Promise<void> {
  const { random, zone } = day;
  const { PATH, HOME } = zone.sandbox.env;
  const peer = await DaemonPeer.greet(zone.paths.socket, { PATH, HOME });
  day.count('raw clients');
  try {
    await day.try('raw subscriptions', () =>
      peer.call('event/subscribe', { from: random.pick(['start', 'tail'] as const) }),
    );
    await day.try('bad calls', () => peer.call(random.pick(['no/such', 'task/get'] as const), { task: 7 }));
    const opened = await day.try('raw streams', () =>
      peer.call<{ stream: string; offset: number }>('stream/attach', { who, mode: 'watch' }),
    );
    if (random.next() < 0.3) peer.raw.socket.pause();
    await day.pause(200, longestMs);
    if (opened === undefined || peer.raw.socket.isPaused()) return;
    for (const { method, params } of peer.heard) {
      if (method !== 'stream/data') continue;
      const { stream } = opened;
      await day.try('acks', () => peer.call('stream/ack', { stream, offset: params?.['end'] }));
      break;
    }
    if (random.next() < 0.5)
      await day.try('detached', () => peer.call('stream/detach', { stream: opened.stream }));
  } finally {
    await peer.close();
  }
}

/** Somebody follows what happens for a while. */
export async function follow(day: Day, clones: readonly string[]): Promise<void> {
  const { random } = day;
  await using khlone = await day.client();
  const from = random.pick(['start', 'tail'] as const);
  const who = random.next() < 0.5 ? random.pick(clones) : undefined;
  await using events = khlone.events({ from, ...(who && { who }) });
  const left = day.pause(500, 2 * longestMs).then(() => events.return());
  for await (const { type } of events) {
    day.count('events');
    // A slow reader.
    if (type === 'task.finished' && random.next() < 0.01) await day.pause(100, 2_000);
  }
  await left;
  day.count('subscriptions');
}

/** All the calls that only look. */
export async function ask(day: Day, khlone: Khlone, who: string): Promise<void> {
  await day.try('looks', async () => {
    await khlone.daemon.status();
    await khlone.clone.list();
    await khlone.clone.get({ who });
    await khlone.approval.list();
    const page = await khlone.task.list({ limit: 200 });
    if (page.next) await khlone.task.list({ limit: 200, before: page.next });
    await khlone.event.read({ from: 'start', limit: 500, direction: 'backward' });
    await khlone.usage.get();
    await khlone.zone.get();
    await khlone.sandbox.describe({ who, command: ['true'] });
    await khlone.discover();
  });
  await day.try('screens', () => khlone.stream.screen({ who }));
  await day.try('histories', () => khlone.stream.history({ who }));
}
