import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { row } from './measure.mjs';
import { inScratchZone } from './scratch.mjs';

const clones = 50;
/** V8 gives memory back some eight seconds after the last work, once: that is not rest yet. */
const settleMs = 12_000;
const watchedMs = 10_000;
/** Length of a tick of /proc/<pid>/stat: USER_HZ is 100 wherever Node runs. */
const tickMs = 10;

function cpuMs(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** What the daemon takes with clones enrolled and nothing to do. */
export function rest() {
  return inScratchZone(async ({ open }) => {
    const khlone = await open();
    for (let n = 0; n < clones; n++) await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' });
    const { daemon } = await khlone.daemon.status();
    await khlone.close();
    await wait(settleMs);
    const before = cpuMs(daemon.pid);
    await wait(watchedMs);
    const used = cpuMs(daemon.pid) - before;
    const rssKib = Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))?.[1]);
    return [
      row({
        name: `daemon memory, ${clones} clones enrolled and off`,
        limit: 90,
        value: (rssKib * 1024) / 1e6,
        unit: 'MB',
        detail: 'resident, of /proc/<pid>/status',
      }),
      row({
        name: 'daemon CPU at rest',
        limit: 1,
        value: used / (watchedMs / 1000),
        unit: 'ms/s',
        detail: `${used} ms in ${watchedMs / 1000} s; one tick is ${tickMs} ms`,
      }),
    ];
  });
}
