import { setTimeout as wait } from 'node:timers/promises';
import { median, millis, row, timed } from './measure.mjs';
import { inScratchZone } from './scratch.mjs';

const clones = 50;
const rounds = 7;
const away = new Set(['off', 'starting']);

async function kill(khlone) {
  const { pid } = khlone.session.daemon;
  process.kill(pid, 'SIGKILL');
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await wait(5);
  }
}

/** From no daemon to one that tells of its clones: it does so once it has found what runs. */
async function comeBack(open) {
  let khlone;
  let listed;
  const ms = await timed(async () => {
    khlone = await open();
    listed = (await khlone.clone.list({})).clones;
  });
  return { khlone, ms, back: listed.filter(({ status }) => !away.has(status)).length };
}

/** Starts of a daemon that has been killed, over the same zone. */
async function starts(open, first, expected) {
  const times = [];
  let khlone = first;
  for (let round = 0; round < rounds; round++) {
    await kill(khlone);
    await khlone.close();
    const next = await comeBack(open);
    if (next.back !== expected) throw new Error(`${next.back} of ${expected} clones are back`);
    times.push(next.ms);
    ({ khlone } = next);
  }
  return { times, khlone };
}

/** What fifty running brains add to the start of the daemon that takes them up. */
export function adopt() {
  return inScratchZone(async ({ open }) => {
    let khlone = await open();
    for (let n = 0; n < clones; n++) {
      await khlone.clone.enroll({ role: 'worker', name: `worker.${n + 1}`, brain: 'demo' });
    }
    const idle = await starts(open, khlone, 0);
    ({ khlone } = idle);
    for (let n = 0; n < clones; n++) await khlone.clone.act({ who: `worker.${n + 1}`, say: 'slow 3600000' });
    for (let left = clones; left > 0; await wait(100)) {
      left = (await khlone.clone.list({})).clones.filter(({ status }) => status !== 'working').length;
    }
    const working = await starts(open, khlone, clones);
    ({ khlone } = working);
    await khlone.close();
    return [
      row({
        name: `${clones} clones in mid-turn adopted by the next daemon, p50`,
        limit: 300,
        value: median(working.times) - median(idle.times),
        unit: 'ms',
        detail: `${millis(median(working.times))} from no daemon to all of them, ${millis(median(idle.times))} with all of them off`,
      }),
    ];
  });
}
