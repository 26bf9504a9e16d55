import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Khlone } from '../../client/index.js';
import { DaemonZone } from '../support/daemon.js';
import { nextEvent } from '../support/events.js';

let zone: DaemonZone;
let khlone: Khlone;
beforeAll(async () => {
  zone = new DaemonZone();
  // Some of it is always in use: for this daemon memory is short whatever the machine has.
  Object.assign(zone.sandbox.env, { KHLONE_LOW_MEMORY: '100%' });
  khlone = await zone.connect();
});
afterAll(() => zone[Symbol.asyncDispose]());

describe('a daemon whose memory is short', () => {
  it('gives back the process of a clone at rest, which goes on with its conversation in another', async () => {
    const { name } = await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' });
    const run = async (say: string): Promise<string | undefined> => {
      const { id } = await khlone.clone.act({ who: name, say });
      return (await khlone.task.wait({ task: id })).result?.text;
    };
    const events = khlone.events({ from: 'start', types: ['clone.status'] });
    await run('remember the blue car');
    const off = await nextEvent(events, 'clone.status', ({ status }) => status === 'off');
    await events.return();
    expect(off).toMatchObject({ clone: name, posture: 'off', reason: 'memory' });
    expect(zone.brains()).toEqual([]);
    expect(await khlone.clone.get({ who: name })).toMatchObject({ status: 'off' });
    expect(readFileSync(join(zone.paths.log, 'daemon.log'), 'utf8')).toContain('memory is short');
    expect(await run('recall')).toContain('the blue car');
  });
});
