import { realpathSync } from 'node:fs';
import { median, millis, row, skipped } from './measure.mjs';
import { inScratchZone } from './scratch.mjs';
import { bareTerminal } from './terminals/bare.mjs';
import { claudeBin, claudeEnv, startModel } from './terminals/claude.mjs';

const rounds = 7;
const name = 'talk to an idle claude clone: first byte, p50, after what claude --resume needs by itself';

/** Milliseconds until the first byte of a bare `claude --resume`. */
async function bareMs(place) {
  const from = performance.now();
  const terminal = bareTerminal(place);
  await new Promise((resolve) => terminal.onBytes(resolve));
  const ms = performance.now() - from;
  await terminal.close();
  return ms;
}

/** Milliseconds from `attach` to the first byte, or to a screen that has something on it. */
async function ourMs(khlone, who) {
  const from = performance.now();
  const stream = await khlone.stream.attach({ who, mode: 'talk', cols: 80, rows: 24, queries: 'daemon' });
  for (;;) {
    const { done, value: piece } = await stream.next();
    if (done) throw new Error(`the stream ended: ${(await stream.ended).reason}`);
    if (piece.type === 'data' || (piece.type === 'snapshot' && piece.snapshot.offset > 0)) break;
  }
  const ms = performance.now() - from;
  await stream.detach();
  return ms;
}

/** The dispatch process at rest is ended, and the CLI's own interface started on the same conversation. */
export function claudeTalk() {
  if (claudeBin === undefined)
    return [skipped(name, 'the Claude CLI is not installed: `npm test` installs it')];
  return inScratchZone(async ({ folder, zone, env, open }) => {
    const model = await startModel(folder);
    const root = realpathSync(zone);
    const all = { ...env, ...claudeEnv({ folder, zone: root, modelUrl: model.url }) };
    const khlone = await open({ env: all });
    try {
      const { name: who, conversation } = await khlone.clone.enroll({ role: 'mechanic', brain: 'claude' });
      const command = ['claude', '--resume', conversation];
      const times = { ours: [], bare: [] };
      for (let round = 0; round < rounds; round++) {
        const task = await khlone.clone.act({ who, say: `hello ${round}` });
        const { status } = await khlone.task.wait({ task: task.id });
        if (status !== 'done') throw new Error(`the task is ${status}`);
        times.ours.push(await ourMs(khlone, who));
        await khlone.clone.hibernate({ who });
        times.bare.push(await bareMs({ command, env: all, cwd: root }));
      }
      const [ours, bare] = [median(times.ours), median(times.bare)];
      return [
        row({
          name,
          limit: 100,
          value: ours - bare,
          unit: 'ms',
          detail: `${millis(ours)} against ${millis(bare)}`,
        }),
      ];
    } finally {
      await khlone.close();
      await model.close();
    }
  });
}
