import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { millis, row, timed } from './measure.mjs';
import { inScratchZone } from './scratch.mjs';

const demo = fileURLToPath(new URL('../../dist/daemon/brains/demo/program.js', import.meta.url));
const tasks = 1000;
const say = 'Say hello.';
/** Below the guard's limit of requests in flight. */
const inFlight = 100;

/** The same turns through the demo's program alone: a line in, wait for its result line, the next. */
async function bareDemo(env, cwd) {
  const child = spawn(process.execPath, [demo, `--session-id=${randomUUID()}`], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const message = { role: 'user', content: [{ type: 'text', text: say }] };
  const line = `${JSON.stringify({ type: 'user', message })}\n`;
  const output = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const turn = async () => {
    child.stdin.write(line);
    for (;;) {
      const { value, done } = await output.next();
      if (done) throw new Error('the demo ended early');
      if (JSON.parse(value).type === 'result') return;
    }
  };
  await turn();
  const ms = await timed(async () => {
    for (let n = 0; n < tasks; n++) await turn();
  });
  child.stdin.end();
  await once(child, 'exit');
  return ms;
}

/** From the end of the task that held the queue to the end of the last one in it. */
async function drainMs(khlone) {
  const { name: who } = await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' });
  const warm = await khlone.clone.act({ who, say });
  await khlone.task.wait({ task: warm.id });
  const holding = await khlone.clone.act({ who, say: 'hang' });
  const queued = [];
  for (let n = 0; n < tasks; n += inFlight) {
    const some = Array.from({ length: inFlight }, () => khlone.clone.act({ who, say }));
    queued.push(...(await Promise.all(some)));
  }
  const last = queued.at(-1).id;
  const events = khlone.events({ from: 'tail', types: ['task.finished'] });
  await events.ready;
  await khlone.clone.interrupt({ who });
  let from;
  for await (const event of events) {
    if (event.task === holding.id) from = performance.now();
    if (event.task === last) break;
  }
  const ms = performance.now() - from;
  const { status } = await khlone.task.get({ task: last });
  if (status !== 'done') throw new Error(`the last task is ${status}`);
  return ms;
}

/** Queued tasks through one warm demo clone: what khlone adds to what the demo itself takes. */
export function drain() {
  return inScratchZone(async ({ env, zone, open }) => {
    const khlone = await open();
    try {
      const bare = await bareDemo(env, zone);
      const ours = await drainMs(khlone);
      return [
        row({
          name: `${tasks} queued tasks, khlone's own time each`,
          limit: 2,
          value: (ours - bare) / tasks,
          unit: 'ms',
          detail: `${millis(ours)} against ${millis(bare)} for the bare demo`,
        }),
      ];
    } finally {
      await khlone.close();
    }
  });
}
