import { median, micros, percentile, row } from './measure.mjs';
import { inScratchZone } from './scratch.mjs';
import { bareTerminal } from './terminals/bare.mjs';
import { enrolProgram, ourTerminal } from './terminals/ours.mjs';
import { tmuxTerminal, tmuxThere } from './terminals/tmux.mjs';

const rawCat = ['sh', '-c', 'stty raw -echo; echo ready; exec cat'];
const rounds = 9;
const keysPerRound = 400;

/** Milliseconds from each key to its echo, one after another. */
export async function echoes(terminal, keys) {
  const times = [];
  for (let n = 0; n < keys; n++) {
    const heard = new Promise((resolve) => terminal.onBytes(resolve));
    const from = performance.now();
    terminal.write('x');
    await heard;
    times.push(performance.now() - from);
  }
  return times;
}

/** Starts `cat` in a clone, with a talker of its own. */
export async function talkToCat(khlone) {
  const who = await enrolProgram(khlone, rawCat);
  const terminal = await ourTerminal(khlone, { who, mode: 'talk' });
  await ready(terminal);
  return terminal;
}

/** The program has set its terminal up once a key comes back; what it says of itself before is no echo. */
async function ready(terminal) {
  for (let quiet = 0; quiet < 3;) {
    const heard = new Promise((resolve) => terminal.onBytes(() => resolve('heard')));
    const pause = new Promise((resolve) => setTimeout(resolve, 100, 'quiet'));
    quiet = (await Promise.race([heard, pause])) === 'quiet' ? quiet + 1 : 0;
  }
}

/** One key through a raw `cat`, from the talker and back to it. */
export function echo() {
  return inScratchZone(async ({ folder, zone, env, open }) => {
    const place = { command: rawCat, env: { ...env, TERM: 'xterm-256color' }, cwd: zone, folder };
    const khlone = await open();
    const terminals = { bare: bareTerminal(place), ours: await talkToCat(khlone) };
    if (tmuxThere) terminals.tmux = await tmuxTerminal(place);
    try {
      for (const terminal of Object.values(terminals)) {
        await ready(terminal);
        await echoes(terminal, keysPerRound);
      }
      const times = Object.fromEntries(Object.keys(terminals).map((name) => [name, []]));
      for (let round = 0; round < rounds; round++) {
        for (const [name, terminal] of Object.entries(terminals)) {
          times[name].push(await echoes(terminal, keysPerRound));
        }
      }
      return rowsOf(times);
    } finally {
      for (const terminal of Object.values(terminals)) await terminal.close();
      await khlone.close();
    }
  });
}

function rowsOf(times) {
  const at = (name, p) => median(times[name].map((round) => percentile(round, p)));
  const ours = at('ours', 0.5);
  const against = (name, limit, called) =>
    row({
      name: `echo of a key, p50, against ${called}`,
      limit,
      value: ours / at(name, 0.5),
      unit: 'x',
      detail: `${micros(ours)} against ${micros(at(name, 0.5))}`,
    });
  return [
    ...(times.tmux ? [against('tmux', 1.2, 'tmux control mode')] : []),
    against('bare', 2.2, 'bare node-pty'),
    row({
      name: 'echo of a key, p99',
      limit: 5,
      value: at('ours', 0.99),
      unit: 'ms',
      detail: `bare node-pty ${micros(at('bare', 0.99))}${times.tmux ? `, tmux ${micros(at('tmux', 0.99))}` : ''}`,
    }),
  ];
}
