// What a daemon is to its holders, and nothing more: starts what it is told, says who that is, and waits to be killed.
import { Holders } from '../../dist/daemon/holder/holders.js';

const { folder, programs } = JSON.parse(process.argv[2]);
const holders = new Holders({ folder });
const started = [];
for (const { size, ...what } of programs) {
  const held = size === undefined ? await holders.spawn(what) : await holders.spawnTerminal(what, size);
  if (size === undefined) held.onStdout(() => undefined);
  else held.onOutput(() => undefined);
  started.push(held.identity);
}
process.stdout.write(`${JSON.stringify(started)}\n`);
setInterval(() => undefined, 60_000);
