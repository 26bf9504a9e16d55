import { isAlive } from '../../processes.js';
import type { Khlone } from '../../../../client/index.js';
import type { Day } from './day.js';
import { enrollDemo, enrollShell, giveCommand, giveWork } from './work.js';

/** Kills a brain or, one time in three, its holder. */
export function strike(day: Day): void {
  const brain = day.random.pick(day.zone.brains());
  if (brain === undefined) return;
  const isHolder = day.random.next() < 0.33;
  const pid = isHolder ? brain.parent : brain.pid;
  if (!isAlive(pid)) return;
  process.kill(pid, 'SIGKILL');
  day.count(isHolder ? 'holders killed' : 'brains killed');
}

/** A clone that comes for one task, and is retired after it or in the middle of it. */
export async function passThrough(day: Day, khlone: Khlone): Promise<void> {
  const isShell = day.random.next() < 0.3;
  const clone = await day.try('enrolled', () =>
    isShell ? enrollShell(khlone, 'guest') : enrollDemo(khlone, 'guest'),
  );
  if (clone === undefined) return;
  const work = isShell ? giveCommand(day, khlone, clone.name) : giveWork(day, khlone, clone.name);
  if (day.random.next() < 0.3) await day.pause(0, 2_000);
  else await work;
  await day.try('retired', () => khlone.clone.retire({ who: clone.name }));
  await work;
}

/** Wakes a clone that its killed brains have parked. */
export async function wake(day: Day, khlone: Khlone): Promise<void> {
  for (const { name, status, backoff } of (await khlone.clone.list()).clones) {
    if (status === 'failed' || backoff) await day.try('restarts', () => khlone.clone.restart({ who: name }));
  }
}
