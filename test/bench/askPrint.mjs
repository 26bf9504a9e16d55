import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ThreadPrinter } from '../../dist/daemon/fingerprint/printer.js';
import { interleaved, median, millis, row, timed } from './measure.mjs';
import { inScratchZone } from './scratch.mjs';

const files = 50_000;
const perFolder = 100;
const rounds = 15;

/** What the look at the zone costs an ask: at its first, at every later one, and where there is next to nothing to see. */
export function askPrint() {
  return inScratchZone(async ({ zone, open }) => {
    const own = await ownTime(zone, open);
    for (let n = 0; n < files; n += perFolder) {
      const folder = join(zone, `part-${n % 7}`, `package-${n / perFolder}`);
      mkdirSync(folder, { recursive: true });
      for (let file = 0; file < perFolder; file++)
        writeFileSync(join(folder, `source-file-${file}.ts`), `export const n = ${n + file};\n`);
    }
    return [...(await looks(zone)), own];
  });
}

async function looks(root) {
  const printer = new ThreadPrinter({ root, except: [] });
  try {
    let first;
    const cold = await timed(async () => (first = await printer.take()));
    const [before, after, bare, cpu] = [[], [], [], []];
    for (let round = 0; round < rounds; round++) {
      bare.push(await timed(() => walk(root)));
      let print;
      const used = process.cpuUsage();
      before.push(await timed(async () => (print = await printer.take())));
      const { user, system } = process.cpuUsage(used);
      cpu.push((user + system) / 1000);
      writeFileSync(join(root, 'part-0', 'changed.ts'), `${round}\n`);
      let found;
      after.push(await timed(async () => (found = await print.compare())));
      if (found.total === 0) throw new Error('the change was not found');
      print.dispose();
    }
    first.dispose();
    const detail = `${millis(median(cpu))} of processor by all threads; a bare walk ${millis(median(bare))} in the same minute; the first look took ${millis(cold)}`;
    return [
      row({
        name: `a look before an ask, ${files} files`,
        limit: 150,
        value: median(before),
        unit: 'ms',
        detail,
      }),
      row({
        name: `a look after an ask, ${files} files`,
        limit: 150,
        value: median(after),
        unit: 'ms',
        detail,
      }),
    ];
  } finally {
    printer.dispose();
  }
}

/** The least that anybody pays who looks at all files: their names, and one `lstat` each. */
function walk(folder) {
  for (const name of readdirSync(folder)) {
    const path = `${folder}/${name}`;
    if (lstatSync(path).isDirectory()) walk(path);
  }
}

/** A warm ask against a warm act, in a zone with nothing in it: what is left is khlone's own time. */
async function ownTime(zone, open) {
  const khlone = await open();
  try {
    const clones = {};
    for (const kind of ['ask', 'act'])
      clones[kind] = (await khlone.clone.enroll({ role: kind, brain: 'demo' })).name;
    const run = (kind) => async () => {
      const { id } = await khlone.clone[kind]({ who: clones[kind], say: 'say hello' });
      const { status } = await khlone.task.wait({ task: id });
      if (status !== 'done') throw new Error(`an ${kind} was ${status}`);
    };
    const works = { ours: run('ask'), bare: run('act') };
    await interleaved({ blocks: 1, perBlock: 5, ...works });
    const { ours, bare } = await interleaved({ blocks: 8, perBlock: 10, ...works });
    return row({
      name: 'a warm ask over a warm act, with next to nothing to look at',
      limit: 5,
      value: median(ours) - median(bare),
      unit: 'ms',
      detail: `${millis(median(ours))} against ${millis(median(bare))}`,
    });
  } finally {
    await khlone.close();
  }
}
