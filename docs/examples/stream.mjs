// node docs/examples/stream.mjs: a shell as a clone, in a scratch zone. One client types, another watches; both
// leave, and whoever comes back finds the same screen. In a project of yours: import { connect } from 'khlone'.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../dist/client/index.js';

const folder = mkdtempSync(join(tmpdir(), 'khlone-stream-'));
const zone = join(folder, 'zone');
const runtime = join(folder, 'run');
mkdirSync(zone);
mkdirSync(runtime, { mode: 0o700 });
const { PATH, HOME } = process.env;
const env = { PATH, HOME, KHLONE_HOME: join(folder, 'state'), XDG_RUNTIME_DIR: runtime };

/** Reads a stream until its terminal has said `wanted`, in a screen or in what came after it. */
async function heard(stream, wanted) {
  let text = '';
  while (!text.includes(wanted)) {
    const { done, value: piece } = await stream.next();
    if (done) throw new Error(`the stream ended: ${(await stream.ended).reason}`);
    if (piece.type === 'snapshot') text += piece.snapshot.data;
    if (piece.type === 'data') text += piece.data;
  }
}

// In TypeScript, and from Node 24 on: `await using talker = await khlone.stream.attach(...)`, and no `detach`.

async function talk(khlone, who) {
  // A script is no terminal: the daemon answers what the program asks of its terminal.
  const talker = await khlone.stream.attach({ who, mode: 'talk', cols: 60, rows: 8, queries: 'daemon' });
  const watcher = await khlone.stream.attach({ who, mode: 'watch' });
  await talker.write('echo "$((6 * 7)) is the answer"\r');
  await heard(talker, '42 is the answer');
  await heard(watcher, '42 is the answer');
  console.log('both saw it: 42 is the answer');
  await talker.detach();
  await watcher.detach();
}

async function comeBack(khlone, who) {
  const watcher = await khlone.stream.attach({ who, mode: 'watch' });
  for await (const piece of watcher) {
    if (piece.type !== 'snapshot') continue;
    const { cols, rows, data } = piece.snapshot;
    console.log(`the same screen, ${cols}x${rows}: ${data.includes('42 is the answer')}`);
    // Leaving the loop detaches; the shell lives on.
    break;
  }
}

async function end(khlone, who) {
  const talker = await khlone.stream.attach({ who, mode: 'talk', queries: 'daemon' });
  await talker.write('exit 3\r');
  const { reason, exit } = await talker.ended;
  console.log(`${reason} with code ${exit.code}`);
}

const khlone = await connect({ zone, env });
try {
  const { name: who } = await khlone.clone.enroll({ role: 'shell', brain: 'command', command: ['sh'] });
  await talk(khlone, who);
  await comeBack(khlone, who);
  await end(khlone, who);
} finally {
  await khlone.daemon.stop();
  await khlone.close();
  rmSync(folder, { recursive: true, force: true });
}
