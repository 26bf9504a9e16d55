import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Khlone, Stream } from '../../client/index.js';
import { RunningCli, type CliPlace } from '../support/cli.js';
import { DaemonZone } from '../support/daemon.js';
import { shown } from '../support/shown.js';

let zone: DaemonZone;
let client: Khlone;
let place: CliPlace;
beforeAll(async () => {
  zone = new DaemonZone();
  client = await zone.connect();
  place = { cwd: zone.root, env: zone.sandbox.env };
});
afterAll(() => zone[Symbol.asyncDispose]());

const khlone = (...words: string[]): RunningCli => new RunningCli(words, place);
const enroll = async (): Promise<string> => (await client.clone.enroll({ role: 'm', brain: 'demo' })).name;
const talk = (who: string): Promise<Stream> => client.stream.attach({ who, mode: 'talk' });
const why = (who: string): RegExp =>
  new RegExp(
    `t_\\w+ is queued\n  somebody talks to ${who}, .*\n  next: khlone talk ${who} --takeover  or  khlone interrupt ${who}\n`,
  );

describe('a command that waits for a talk says so', () => {
  it('act, to which the clone talks already', async () => {
    const who = await enroll();
    const stream = await talk(who);
    const act = khlone('act', who, 'say hello');
    await act.said('stderr', why(who));
    await stream.detach();
    expect((await act.ended).code).toBe(0);
  });

  it('act, while whose task waits somebody comes to talk', async () => {
    const who = await enroll();
    const first = await client.clone.act({ who, say: 'slow 60000' });
    const act = khlone('act', who, 'say hello');
    await act.said('stderr', new RegExp(`is queued behind ${first.id}\n`));
    const coming = talk(who);
    await client.task.cancel({ task: first.id });
    const stream = await coming;
    await act.said('stderr', why(who));
    await stream.detach();
    expect((await act.ended).code).toBe(0);
  });
});

describe('khlone off', () => {
  it('says that it waits for a task, and how not to', async () => {
    const who = await enroll();
    const { id } = await client.clone.act({ who, say: 'slow 60000' });
    const off = khlone('off', who);
    await off.said('stderr', new RegExp(`^${who} works on ${id}; .*\n.* khlone off ${who} --now\n`));
    await client.task.cancel({ task: id });
    expect(await off.ended).toMatchObject({ code: 0, stdout: expect.stringContaining(who) });
  });

  it('says that it waits for a turn in the terminal', async () => {
    const who = await enroll();
    await using stream = await talk(who);
    await shown(client, who, /Ready\./);
    await stream.write('slow 60000\r');
    await shown(client, who, /slow 60000[^]*Working/);
    const off = khlone('off', who);
    await off.said(
      'stderr',
      new RegExp(`^Waiting for the end of a turn in the terminal of ${who}.*\n.* --now\n`),
    );
    await stream.write('\x03');
    expect(await off.ended).toMatchObject({ code: 0 });
  });
});
