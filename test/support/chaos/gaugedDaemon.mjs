// A daemon whose memory can be read after a collection, and whose day takes an hour. Each connection to the socket
// `$KHLONE_TEST_GAUGE` is answered with one line of JSON, once everything has been collected that can be.
// `$KHLONE_TEST_LEAK` has it keep every byte that it sends, for the control.
import { rmSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import { syncBuiltinESMExports } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import threads, { BroadcastChannel } from 'node:worker_threads';
import { collect } from './collect.mjs';

const gauge = process.env.KHLONE_TEST_GAUGE;
/** From this on a pause counts as one of the day's: idle processes, rounds of housekeeping. In ms. */
const longMs = 600_000;
const hoursInOne = 24;

const { setTimeout } = globalThis;
globalThis.setTimeout = Object.assign(
  (work, ms, ...rest) => setTimeout(work, ms >= longMs ? ms / hoursInOne : ms, ...rest),
  setTimeout,
);

// The memory of threads is the process's too: they collect when it does.
threads.Worker = class extends threads.Worker {
  constructor(program, options) {
    super(program, { ...options, execArgv: ['--import', new URL('./collect.mjs', import.meta.url).href] });
  }
};

if (process.env.KHLONE_TEST_LEAK !== undefined) {
  const kept = [];
  const write = Reflect.get(Socket.prototype, 'write');
  Socket.prototype.write = function (data, ...rest) {
    kept.push(Buffer.from(data));
    return write.call(this, data, ...rest);
  };
}
syncBuiltinESMExports();

const { defaultRetention } = await import('../../../dist/daemon/store/retention.js');
// Tasks of the last hours are forgotten too, and not only those of three days ago.
defaultRetention.keysMs = 240_000;
const { runDaemon } = await import('../../../dist/daemon/run.js');
const { values } = parseArgs({ options: { zone: { type: 'string' } } });
const running = runDaemon(values);

const workers = new BroadcastChannel('collect');
workers.unref();
const server = createServer((client) => {
  client.on('error', () => {});
  void (async () => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- between threads there is none
    workers.postMessage('now');
    // What one collection sets free may hold what the next one does.
    for (let round = 0; round < 4; round++) {
      collect();
      await turn();
    }
    const memory = process.memoryUsage();
    client.end(JSON.stringify({ ...memory, pid: process.pid, upMs: Math.round(process.uptime() * 1000) }));
  })();
});
server.unref();
server.listen(gauge);
await running;
rmSync(gauge, { force: true });
