import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { echoes, talkToCat } from './echo.mjs';
import { median, micros, percentile, row } from './measure.mjs';
import { inScratchZone } from './scratch.mjs';
import { writeBuildLog } from './terminals/buildLog.mjs';
import { deafWatcher } from './terminals/deafWatcher.mjs';
import { enrolProgram } from './terminals/ours.mjs';

const fileBytes = 50_000_000;
const files = 20;
const rounds = 5;
/** For what is in flight to be worked off after the last byte. */
const settleMs = 1_000;

/** Prints 1 GB for each key it reads, and says in a file that it has. */
const printer = (file, done) => {
  const script =
    'stty raw -echo; while head -c 1 >/dev/null; do for n in $(seq "$3"); do cat "$1"; done; : >"$2"; done';
  return ['sh', '-c', script, 'sh', file, done, String(files)];
};

const residentMb = (pid) =>
  (Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024) / 1e6;

/** 1 GB passes while a watcher reads nothing of it, and while there is none: the daemon's memory, another talker's echo. */
export function neverReads() {
  return inScratchZone(async ({ folder, open }) => {
    const [file, done] = [join(folder, 'log'), join(folder, 'done')];
    writeBuildLog(file, fileBytes);
    const khlone = await open();
    const socket = (await khlone.daemon.status()).paths.socket;
    const { pid } = khlone.session.daemon;
    const cat = await talkToCat(khlone);
    const who = await enrolProgram(khlone, printer(file, done));

    const pass = async (deaf) => {
      rmSync(done, { force: true });
      const talker = await khlone.stream.attach({ who, mode: 'talk' });
      const watcher = deaf ? await deafWatcher(socket, who) : undefined;
      await talker.write('x');
      await talker.detach();
      const times = [];
      while (!existsSync(done)) times.push(...(await echoes(cat, 100)));
      await wait(settleMs);
      const found = {
        resident: residentMb(pid),
        heap: (await khlone.daemon.status()).memory.heapUsedBytes / 1e6,
        echo: percentile(times, 0.5),
      };
      watcher?.close();
      return found;
    };

    try {
      await pass(false);
      const all = { without: [], with: [] };
      for (let round = 0; round < rounds; round++) {
        all.without.push(await pass(false));
        all.with.push(await pass(true));
      }
      await cat.close();
      return rowsOf(all);
    } finally {
      await khlone.close();
    }
  });
}

function rowsOf(all) {
  const at = (name, what) => median(all[name].map((found) => found[what]));
  const pair = (what) => `${at('with', what).toFixed(1)} against ${at('without', what).toFixed(1)} MB`;
  return [
    row({
      name: "a watcher that never reads, 1 GB: the daemon's memory, against none watching",
      limit: 2,
      value: at('with', 'resident') - at('without', 'resident'),
      unit: 'MB',
      detail: `resident ${pair('resident')}; JavaScript heap ${pair('heap')}`,
    }),
    row({
      name: 'a watcher that never reads, 1 GB: echo of another clone, p50, against none watching',
      limit: 1.2,
      value: at('with', 'echo') / at('without', 'echo'),
      unit: 'x',
      detail: `${micros(at('with', 'echo'))} against ${micros(at('without', 'echo'))}, both while 1 GB passes`,
    }),
  ];
}
