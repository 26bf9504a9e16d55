import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BrainSpec } from '../../daemon/brains/contract.js';
import { createSuppliers } from '../../daemon/brains/suppliers.js';
import { probeSandbox } from '../../daemon/sandbox/probe.js';
import { machineSandbox, type Sandbox } from '../../daemon/sandbox/sandbox.js';
import type { BrainListener } from '../support/brainListener.js';
import { BrainStage } from '../support/brainStage.js';
import { type ClaudeScratch, claudeScratch } from '../support/claude.js';
import { claudeZone } from '../support/claudeZone.js';
import { runCli } from '../support/cli.js';
import { isAlive, processesNaming } from '../support/processes.js';
import { say, type ScriptedModel, startScriptedModel, use } from '../support/scriptedModel.js';

const { state } = await probeSandbox({ platform: process.platform, path: process.env['PATH'] ?? '' });
const without = state.kind === 'none';

it.runIf(process.env['CI'])('there is a sandbox where all tests have to run', () => {
  expect(state).toEqual({ kind: 'bubblewrap' });
});

/** All files below a folder, with their content. */
function filesIn(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) found[path] = readFileSync(path, 'utf8');
  }
  return found;
}

/** The one process that holds a conversation, with what tells of the kernel's own things around it. */
interface Holding {
  readonly pid: number;
  readonly started: 'session-id' | 'resume';
  readonly confined: boolean;
}

const pidsOf = (process: number | 'self'): string => readlinkSync(`/proc/${process}/ns/pid`);

/** What of Claude Code runs on a conversation now; the sandbox's own program has the same words in its command line. */
function holdingOf(conversation: string): Holding {
  const started = new RegExp(`^\\S*/claude .*--(session-id|resume)=${conversation}\\b`);
  const found = processesNaming(conversation).flatMap(({ pid, command }): Holding[] => {
    const [, how] = started.exec(command) ?? [];
    if (how === undefined) return [];
    return [{ pid, started: how as Holding['started'], confined: pidsOf(pid) !== pidsOf('self') }];
  });
  const [holding, ...more] = found;
  if (!holding || more.length > 0) throw new Error(`${found.length} processes hold ${conversation}`);
  return holding;
}

describe.skipIf(without)('an ask of the real Claude CLI in its sandbox', () => {
  it('is a part of the conversation that acts go on with, and changes nothing but its file', async () => {
    await using zone = await claudeZone();
    const { model, env } = zone;
    const config = env['CLAUDE_CONFIG_DIR'] ?? '';
    model.rule('first', say('one'));
    model.rule('second', use('Read', { file_path: join(zone.root, 'a.txt') }), say('two'));
    model.rule('third', say('three'));
    model.rule('fourth', say('four'));
    writeFileSync(join(zone.root, 'a.txt'), 'alpha');
    const khlone = await zone.client();
    const { name: who, conversation } = await khlone.clone.enroll({ role: 'reader' });

    const done = async (kind: 'act' | 'ask', text: string) => {
      const { id } = await khlone.clone[kind]({ who, say: text });
      return khlone.task.wait({ task: id });
    };
    // The conversation begins with an ask.
    expect(await done('ask', 'first')).toMatchObject({ status: 'done', sandbox: 'bubblewrap' });
    const first = holdingOf(conversation);
    expect(first).toMatchObject({ started: 'session-id', confined: true });
    const act = await done('act', 'third');
    expect(act).toMatchObject({ status: 'done' });
    expect(act.sandbox).toBeUndefined();
    // One process holds the conversation: that of the ask is gone, and this one is in no sandbox.
    const acting = holdingOf(conversation);
    expect(acting).toMatchObject({ started: 'resume', confined: false });
    expect(isAlive(first.pid)).toBe(false);
    const heard = JSON.stringify((await model.seen('third')).body.messages);
    expect(heard).toContain('first');

    const before = filesIn(config);
    expect(await done('ask', 'second')).toMatchObject({ status: 'done', result: { text: 'two' } });
    const asking = holdingOf(conversation);
    expect(asking).toMatchObject({ started: 'resume', confined: true });
    const { events } = await khlone.event.read({ from: 'start', limit: 1000, direction: 'forward' });
    expect(events.filter(({ type }) => type === 'task.started')).toMatchObject([
      { sandbox: 'bubblewrap' },
      {},
      { sandbox: 'bubblewrap' },
    ]);
    await done('ask', 'first');
    await done('ask', 'fifth');
    // Asks that follow each other stay warm.
    expect(holdingOf(conversation)).toEqual(asking);
    const changed = Object.entries(filesIn(config)).filter(([path, text]) => before[path] !== text);
    expect(changed.map(([path]) => path)).toEqual([
      expect.stringContaining(`${conversation}.jsonl`) as string,
    ]);

    await done('act', 'fourth');
    expect(JSON.stringify((await model.seen('fourth')).body.messages)).toContain('second');
    expect(readdirSync(zone.root)).toEqual(['a.txt']);
  });

  it('runs any command as an ask would, with its exit code and without its secrets', async () => {
    await using zone = await claudeZone();
    const khlone = await zone.client();
    await khlone.clone.enroll({ role: 'reader' });
    const place = { cwd: zone.root, env: zone.env };
    const script = 'echo x > written; echo "key=$ANTHROPIC_API_KEY"; cat; exit 7';
    const ran = await runCli(['sandbox', 'reader.1', '--', 'sh', '-c', script], place, 'heard');
    expect(ran).toMatchObject({ code: 7, stdout: 'key=\nheard' });
    expect(ran.stderr).toContain('Read-only file system');
    expect(existsSync(join(zone.root, 'written'))).toBe(false);
  });
});

describe('where there is no sandbox', () => {
  const stage = new BrainStage();
  let model: ScriptedModel;
  let scratch: ClaudeScratch;
  beforeEach(async () => {
    model = await startScriptedModel();
    scratch = claudeScratch(model.url);
  });
  afterEach(async () => {
    await stage.clear();
    await model.close();
    scratch.dispose();
  });
  const start = (spec: Partial<BrainSpec>): Promise<BrainListener> => {
    const none = { state: { kind: 'none', reason: 'no bubblewrap', next: 'install it.' } } as const;
    const sandbox: Sandbox = machineSandbox(
      { zone: scratch.zone, hidden: [], sockets: [] },
      async () => none,
    );
    const asks = join(scratch.zone, '../asks');
    mkdirSync(asks, { recursive: true });
    const { holder, terminals } = stage;
    return stage.start(createSuppliers({ holder, terminals, sandbox, asks }).get('claude'), {
      cwd: scratch.zone,
      env: scratch.env,
      posture: 'ask',
      conversation: randomUUID(),
      ...spec,
    });
  };

  it('an ask runs all the same, and its brain says so', async () => {
    const claude = await start({ sandbox: 'prefer' });
    expect(claude.brain.sandbox).toBe('none');
    expect((await claude.turn('hello')).outcome).toMatchObject({ status: 'done' });
  });

  it('an ask is refused where the zone demands one, with what to do', async () => {
    await expect(start({ sandbox: 'require' })).rejects.toMatchObject({
      kind: 'sandboxMissing',
      message: expect.stringContaining('no bubblewrap') as string,
      hint: expect.stringContaining('install it.') as string,
    });
  });
});

it('the setting is of the zone: kept, told, and obeyed by the next process', async () => {
  await using zone = await claudeZone();
  const place = { cwd: zone.root, env: zone.env };
  expect(await runCli(['config', 'ask.sandbox', 'require'], place)).toMatchObject({
    code: 0,
    stdout: 'require\n',
  });
  const khlone = await zone.client();
  await zone.killDaemon(khlone);
  const again = await zone.client();
  expect(await again.zone.get({})).toMatchObject({
    settings: { ask: { sandbox: 'require' } },
    sandbox: state,
  });
  expect((await again.daemon.status({})).sandbox).toMatchObject({ setting: 'require', kind: state.kind });
  const doctor = await runCli(['doctor'], place);
  expect(doctor.stdout).toMatch(
    without ? /asks are refused/ : /asks run in bubblewrap \(ask.sandbox = require\)/,
  );
  expect((await runCli(['config', 'ask.sandbox', 'maybe'], place)).code).toBe(2);
});
