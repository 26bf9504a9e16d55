import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { streamJsonArgs } from '../../dist/daemon/brains/streamJson/args.js';
import { ThreadPrinter } from '../../dist/daemon/fingerprint/printer.js';
import { interleaved, median, millis, percentile, row, skipped, timed } from './measure.mjs';
import { inScratchZone } from './scratch.mjs';
import { claudeBin, claudeEnv, startModel } from './terminals/claude.mjs';

const rounds = 9;
const firstName = "the first ask after an act, until its model is asked, p50, over the CLI's own start";
const warmName = "a warm ask: khlone's own time, the look at an all but empty zone included, p50";

/** What an ask costs in khlone's own time: where its process has to be started, and where it is warm. */
export async function ask() {
  return [await firstAsk(), ...(await warmAsk())];
}

const least = (times) => Math.min(...times);

/** Runs a task to its end. */
async function done(khlone, kind, { who, say }) {
  const { id } = await khlone.clone[kind]({ who, say });
  const { status, error } = await khlone.task.wait({ task: id });
  if (status !== 'done') throw new Error(`an ${kind} is ${status}: ${error?.message}`);
}

function firstAsk() {
  if (claudeBin === undefined)
    return skipped(firstName, 'the Claude CLI is not installed: `npm test` installs it');
  return inScratchZone(async ({ folder, zone, env, open }) => {
    const model = await startModel(folder);
    const cwd = realpathSync(zone);
    const all = { ...env, ...claudeEnv({ folder, zone: cwd, modelUrl: model.url }) };
    const khlone = await open({ env: all });
    try {
      const { name: who, conversation } = await khlone.clone.enroll({ role: 'mechanic', brain: 'claude' });
      const args = streamJsonArgs({ posture: 'ask', conversation, grants: [], cwd }, 'resume');
      const times = { ours: [], bare: [] };
      for (let round = 0; round < rounds; round++) {
        await done(khlone, 'act', { who, say: `act ${round}` });
        const asked = [model.seen(`ask ${round}.`), done(khlone, 'ask', { who, say: `ask ${round}.` })];
        times.ours.push(await timed(() => asked[0]));
        await asked[1];
        await khlone.clone.hibernate({ who });
        times.bare.push(await bareAsk({ args, env: all, cwd, model, say: `bare ${round}.` }));
      }
      const [ours, bare] = [median(times.ours), median(times.bare)];
      return row({
        name: firstName,
        limit: 250,
        value: ours - bare,
        unit: 'ms',
        detail: `${millis(ours)} against ${millis(bare)} of the same CLI, flags and conversation; at best ${millis(least(times.ours) - least(times.bare))} over it`,
      });
    } finally {
      await khlone.close();
      await model.close();
    }
  });
}

/** The same command line, given the same lines, by nobody but us: milliseconds until the model is asked. */
async function bareAsk({ args, env, cwd, model, say }) {
  const lines = [
    {
      type: 'control_request',
      request_id: 'r1',
      request: {
        subtype: 'initialize',
        hooks: { PreToolUse: [{ matcher: '*', hookCallbackIds: ['h0'] }] },
      },
    },
    { type: 'user', message: { role: 'user', content: [{ type: 'text', text: say }] } },
  ];
  let claude;
  const ms = await timed(async () => {
    claude = spawn(join(claudeBin, 'claude'), args, { env, cwd, stdio: ['pipe', 'pipe', 'ignore'] });
    claude.stdout.resume();
    claude.stdin.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await model.seen(say);
  });
  const gone = once(claude, 'exit');
  claude.stdin.end();
  await gone;
  return ms;
}

/** From the call to the line in the brain, and from its result to the end of the task, by a brain that tells when. */
function warmAsk() {
  return inScratchZone(async ({ folder, zone, env, open }) => {
    const stamped = fileURLToPath(new URL('./stampedClaude.mjs', import.meta.url));
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    const script = `#!/bin/sh\ncase "$1" in --version) echo 2.0.0; exit;; esac\nexec '${process.execPath}' '${stamped}' "$@"\n`;
    writeFileSync(join(bin, 'claude'), script);
    chmodSync(join(bin, 'claude'), 0o755);
    const khlone = await open({ env: { ...env, PATH: `${bin}:${env.PATH}` } });
    const printer = new ThreadPrinter({ root: realpathSync(zone), except: [] });
    try {
      const clones = {};
      for (const kind of ['ask', 'act'])
        clones[kind] = (await khlone.clone.enroll({ role: kind, brain: 'claude' })).name;
      const own = { ask: [], act: [] };
      const run = (kind) => async () => {
        const from = process.hrtime.bigint();
        const { id } = await khlone.clone[kind]({ who: clones[kind], say: 'hello' });
        const { status, result } = await khlone.task.wait({ task: id });
        const to = process.hrtime.bigint();
        if (status !== 'done') throw new Error(`an ${kind} is ${status}`);
        const [read, answered] = result.text.split(' ').map(BigInt);
        own[kind].push(Number(read - from + (to - answered)) / 1e6);
      };
      const works = { ours: run('ask'), bare: run('act') };
      await interleaved({ blocks: 1, perBlock: 10, ...works });
      own.ask.length = own.act.length = 0;
      await interleaved({ blocks: 10, perBlock: 20, ...works });
      const looks = await looksOf(printer);
      const [asks, acts] = [median(own.ask), median(own.act)];
      return [
        row({
          name: warmName,
          limit: 5,
          value: asks,
          unit: 'ms',
          detail: `p10 ${millis(percentile(own.ask, 0.1))}, p90 ${millis(percentile(own.ask, 0.9))}; an act ${millis(acts)}; two looks by themselves ${millis(looks)}`,
        }),
      ];
    } finally {
      printer.dispose();
      await khlone.close();
    }
  });
}

/** What the two looks of an ask take by themselves. */
async function looksOf(printer) {
  const times = [];
  for (let round = 0; round < 60; round++) {
    const ms = await timed(async () => {
      const print = await printer.take();
      await print.compare();
      print.dispose();
    });
    if (round >= 10) times.push(ms);
  }
  return median(times);
}
