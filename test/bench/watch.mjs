import { join } from 'node:path';
import { median, row } from './measure.mjs';
import { inScratchZone } from './scratch.mjs';
import { bareTerminal } from './terminals/bare.mjs';
import { writeBuildLog } from './terminals/buildLog.mjs';
import { enrolProgram, ourTerminal } from './terminals/ours.mjs';
import { tmuxTerminal, tmuxThere } from './terminals/tmux.mjs';

const printedBytes = 30_000_000;
const rounds = 5;
const watchers = 4;

/** Prints the file once for each key it reads. */
const printer = (file) => [
  'sh',
  '-c',
  'stty raw -echo; while head -c 1 >/dev/null; do cat "$1"; done',
  'sh',
  file,
];

/** From a key to the last byte of what it brings about: MB/s at each of the readers. */
async function printed(writer, readers) {
  const from = performance.now();
  const rates = readers.map(
    (reader) =>
      new Promise((resolve) => {
        let left = printedBytes;
        reader.onBytes((bytes) => {
          left -= bytes;
          if (left === 0) resolve(printedBytes / 1e3 / (performance.now() - from));
        });
      }),
  );
  writer.write('x');
  const failures = readers.flatMap(({ failed }) => failed ?? []);
  return Promise.race([Promise.all(rates), ...failures]);
}

/** 30 MB printed by a program, to those who watch it. */
export function watch() {
  return inScratchZone(async ({ folder, zone, env, open }) => {
    const file = join(folder, 'log');
    writeBuildLog(file, printedBytes);
    const place = { command: printer(file), env: { ...env, TERM: 'xterm-256color' }, cwd: zone, folder };
    const khlone = await open();
    // A bulky stream belongs on a connection of its own; all of them are in this one process, as tmux's client is.
    const clients = await Promise.all(Array.from({ length: watchers }, () => open()));
    const who = await enrolProgram(khlone, place.command);
    const others = { bare: bareTerminal(place) };
    if (tmuxThere) others.tmux = await tmuxTerminal(place);
    const rates = { one: [], four: [], bare: [], tmux: [] };
    try {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      for (let round = -1; round < rounds; round++) {
        const found = {};
        for (const [name, terminal] of Object.entries(others)) {
          found[name] = (await printed(terminal, [terminal]))[0];
        }
        for (const [name, some] of Object.entries({ one: clients.slice(0, 1), four: clients })) {
          // The first of them presses the key, and reads as the others do.
          const readers = [];
          for (const client of some) {
            const mode = readers.length === 0 ? 'talk' : 'watch';
            readers.push(await ourTerminal(client, { who, mode, encoding: 'base64' }));
          }
          found[name] = Math.min(...(await printed(readers[0], readers)));
          for (const reader of readers) await reader.close();
          // Who is measured next is not to share the machine with the screen of this one.
          await khlone.stream.screen({ who });
        }
        if (round >= 0) for (const [name, rate] of Object.entries(found)) rates[name].push(rate);
      }
      return rowsOf(rates);
    } finally {
      for (const terminal of Object.values(others)) await terminal.close();
      for (const client of [khlone, ...clients]) await client.close();
    }
  });
}

function rowsOf(rates) {
  const at = (name) => median(rates[name]);
  const told = (name) => `${at(name).toFixed(1)} MB/s`;
  const against = (name, least, called) =>
    row({
      name: `watch 30 MB, against ${called}`,
      least,
      value: at('one') / at(name),
      unit: 'x',
      detail: `${told('one')} against ${told(name)}`,
    });
  return [
    ...(rates.tmux.length > 0 ? [against('tmux', 3, 'tmux control mode')] : []),
    against('bare', 0.6, 'bare node-pty'),
    row({
      name: 'watch 30 MB, the slowest of four watchers against one alone',
      least: 0.9,
      value: at('four') / at('one'),
      unit: 'x',
      detail: `${told('four')} against ${told('one')}; lossless, exact bytes, all in one process`,
    }),
  ];
}
