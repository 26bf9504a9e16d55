import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { vi } from 'vitest';
import type { AskLayers } from '../../daemon/brains/streamJson/supplier.js';
import { createSuppliers } from '../../daemon/brains/suppliers.js';
import type { Holder } from '../../daemon/holder/contract.js';
import { machineSandbox, noSandbox } from '../../daemon/sandbox/sandbox.js';
import type { BrainListener } from '../support/brainListener.js';
import { BrainStage } from '../support/brainStage.js';
import { agentsBin } from '../support/claude.js';
import {
  type LateReply,
  say,
  type ScriptedBlock,
  type ScriptedModel,
  type ScriptedReply,
  startScriptedModel,
  use,
} from '../support/scriptedModel.js';
import { escapeBase, EscapePlace, type Files } from './place.js';
import { subAgentCue, subAgentScript, type ToolAttempt, type ToolCall } from './tools.js';

/** The layers that are in force in a run. */
export interface RunLayers extends AskLayers {
  readonly sandbox: boolean;
}

/** What came of attempts that were made at a time. */
export interface Tried {
  readonly names: readonly string[];
  /** What is different; nothing where they were all stopped. */
  readonly changes: readonly string[];
  /** Whether something of it is in the zone. */
  readonly inZone: boolean;
}

/** What came of all of them. */
export interface TryResult {
  readonly tried: readonly Tried[];
  readonly answers: readonly { readonly tool: string | undefined; readonly failed: boolean }[];
}

/** What the model attempts, and under what. */
export interface TryRequest {
  readonly attempts: readonly ToolAttempt[];
  readonly layers: RunLayers;
  /** What else is in the place. */
  readonly files?: Files;
  /** Called before each attempt; what it gives is called when that has changed something. */
  readonly watch?: () => Promise<(tried: Tried) => Promise<void>>;
}

/** What Claude Code keeps for itself in its configuration: all that a later session does not heed. */
const bookkeeping = /^config\/(?!settings|CLAUDE|agents|commands|skills|rules|output-styles|tasks)/;
/** All that it can write to in the sandbox. */
const conversations = /^config\/projects$/;

/** Every permission that can be given beforehand; the rest is given when it is asked for. */
const grants = [
  'Bash',
  'Write',
  'Edit',
  'NotebookEdit',
  'Agent',
  'Skill',
  'Workflow',
  'WebFetch',
  'mcp__bait',
];

/** The real Claude CLI with a scripted model, in asks that have only some of their layers. */
export class ClaudeRun implements AsyncDisposable {
  readonly place: EscapePlace;
  /** The tools that its model was offered. */
  readonly offered = new Set<string>();
  readonly #user: number | undefined;
  readonly #stage = new BrainStage();
  readonly #model: ScriptedModel;
  /** The program, and its asks, where any user gets at them. */
  readonly #folder = mkdtempSync(join(escapeBase, 'khlone-'));

  /** Where the program puts what its commands say; a folder that is empty in the sandbox. */
  readonly #scratch: string;

  /** As a user of this number; as whoever runs the tests when left out. */
  static async as(user: number | undefined): Promise<ClaudeRun> {
    return new ClaudeRun(user, await startScriptedModel());
  }

  private constructor(user: number | undefined, model: ScriptedModel) {
    this.#user = user;
    this.#model = model;
    this.place = new EscapePlace(user);
    this.#scratch = `/tmp/${this.place.mark}.claude`;
    // What is the user's own is hidden from an ask, and the daemon runs as the user.
    vi.stubEnv('HOME', this.place.home);
    chmodSync(this.#folder, 0o755);
    const program = join(this.#folder, 'claude');
    try {
      linkSync(join(agentsBin, 'claude'), program);
    } catch {
      copyFileSync(join(agentsBin, 'claude'), program);
    }
  }

  /**
   * Makes all attempts in one turn of one ask, one after another, each in a place where nothing has been changed; some at
   * a time where there is a layer that is to stop them all.
   */
  async try({ attempts, layers, files = {}, watch }: TryRequest): Promise<TryResult> {
    const { place } = this;
    const own = layers.sandbox ? conversations : bookkeeping;
    const none = !layers.flags && !layers.hook && !layers.sandbox;
    const batches = batchesOf(attempts, none ? 1 : atATime);
    const tried: Tried[] = [];
    let before = '';
    let told: ((tried: Tried) => Promise<void>) | undefined;

    const prepare = async (): Promise<void> => {
      await place.prepare(files);
      before = place.state(own);
    };
    const finish = async (batch: readonly ToolAttempt[]): Promise<void> => {
      // Where nothing stands in its way it is waited for.
      const until = Date.now() + (none ? (batch[0]?.late ? 5_000 : 500) : 0);
      let after = place.state(own);
      for (; after === before && Date.now() < until; after = place.state(own)) await wait(20);
      // The program may write what is its own in several steps: the next attempt is not to be taken for it.
      const inSteps = none && batch.some(({ calls }) => calls.some(({ tool }) => tool !== 'Bash'));
      if (inSteps && after !== before) after = await this.#settled(own);
      const inZone = changesOf(before, after).some((line) => /^[/ ]/.test(line.split(place.zone)[1] ?? ''));
      const came = { names: batch.map(({ name }) => name), changes: changesOf(before, after), inZone };
      tried.push(came);
      if (after === before) return;
      await told?.(came);
      await prepare();
    };

    place.forget();
    await prepare();
    let at = 0;
    let failure: unknown;
    const next = async (): Promise<ScriptedReply> => {
      const done = batches[at - 1];
      if (done) await finish(done);
      const batch = batches[at++];
      if (!batch) return say('done');
      told = await watch?.();
      return { blocks: batch.flatMap(({ calls }) => calls.map((call) => this.#block(call))) };
    };
    const step: LateReply = () =>
      next().catch((error: unknown) => {
        failure ??= error;
        return say('failed');
      });
    const brain = await this.#start(layers, step);
    await this.#turn(brain, 'begin');
    if (failure !== undefined) throw failure as Error;
    // What comes of a process that outlives the turn.
    if (!none && attempts.some(({ late }) => late)) await wait(700);
    await brain.brain.kill();
    if (at !== batches.length + 1) throw new Error(`the turn ended after ${at} of ${batches.length} steps`);
    tried.push({ names: ['the end'], changes: changesOf(before, place.state(own)), inZone: false });
    const names = new Map(brain.all('tool.started').map(({ tool, name }) => [tool, name]));
    const answers = brain.all('tool.finished').map(({ tool, failed }) => ({ tool: names.get(tool), failed }));
    return { tried, answers };
  }

  /** One ask with a turn for each text; in the first its model makes the calls. */
  async ask(layers: RunLayers, calls: readonly ToolCall[], says: readonly string[]): Promise<void> {
    let at = 0;
    const brain = await this.#start(layers, async () => {
      const call = calls[at++];
      return call ? { blocks: [this.#block(call)] } : say('done');
    });
    for (const text of says) await this.#turn(brain, text);
    await brain.brain.kill();
  }

  /** The state of the place once it stays. */
  async #settled(own: RegExp): Promise<string> {
    let [seen, after] = ['', this.place.state(own)];
    while (seen !== after) {
      seen = after;
      await wait(settledMs);
      after = this.place.state(own);
    }
    return after;
  }

  #block({ tool, input }: ToolCall): ScriptedBlock {
    const { env } = this.place;
    // A process outside is another one each time that the place is prepared.
    if (tool === 'Bash')
      return { tool, input: { ...input, command: `VICTIM=${env['VICTIM']}\n${String(input['command'])}` } };
    const filled = Object.entries(input).map(([name, value]) => [name, fill(value, env)]);
    return { tool, input: Object.fromEntries(filled) as ToolCall['input'] };
  }

  async #turn(brain: BrainListener, text: string): Promise<void> {
    const { outcome } = await brain.turn(text);
    if (outcome.status !== 'done') throw new Error(`the turn ended: ${JSON.stringify(outcome)}`);
  }

  async #start(layers: RunLayers, reply: LateReply): Promise<BrainListener> {
    const { place } = this;
    this.#model.rule(/./, async () => {
      for (const { name } of this.#model.requests.at(-1)?.body.tools ?? []) this.offered.add(name);
      return reply();
    });
    const script = { command: subAgentScript, description: 'Look' };
    this.#model.rule(subAgentCue, use('Bash', script), say('done'));
    const asks = join(this.#folder, 'asks');
    mkdirSync(asks, { recursive: true });
    const { holder: held, terminals } = this.#stage;
    const holder: Holder = {
      ...held,
      spawn: (run) => {
        if (this.#user === undefined) return held.spawn(run);
        give(asks, this.#user);
        const words = [`--reuid=${this.#user}`, `--regid=${this.#user}`, '--clear-groups', run.program];
        return held.spawn({ ...run, program: 'setpriv', args: [...words, ...run.args] });
      },
    };
    const sandbox = layers.sandbox ? machineSandbox(place.places) : noSandbox('a test');
    const brain = await this.#stage.start(
      createSuppliers({ holder, terminals, sandbox, asks, layers }).get('claude'),
      {
        cwd: place.zone,
        posture: 'ask',
        conversation: randomUUID(),
        grants,
        env: {
          ...place.env,
          PATH: `${this.#folder}:${dirname(process.execPath)}:${place.env['PATH']}`,
          TERM: 'xterm-256color',
          ANTHROPIC_BASE_URL: this.#model.url,
          ANTHROPIC_API_KEY: 'sk-fake-key-of-the-scripted-model',
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
          DISABLE_AUTOUPDATER: '1',
          CLAUDE_CODE_TMPDIR: this.#scratch,
        },
      },
    );
    brain.brain.output((output) => {
      if (output.type !== 'approval.requested') return;
      brain.brain.respond(output.approval.request, { decision: 'allow' });
    });
    return brain;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    vi.unstubAllEnvs();
    await this.#stage.clear();
    await this.#model.close();
    await this.place[Symbol.asyncDispose]();
    // It makes one for its user all the same.
    const made = this.#user === undefined ? [] : [`/tmp/claude-${this.#user}`];
    for (const folder of [this.#folder, this.#scratch, ...made])
      rmSync(folder, { recursive: true, force: true });
  }
}

/** What stays the same for so long is all that there will be, in ms. */
const settledMs = 100;

/** How many attempts are made before somebody looks. */
const atATime = 12;

const batchesOf = (attempts: readonly ToolAttempt[], size: number): ToolAttempt[][] =>
  Array.from({ length: Math.ceil(attempts.length / size) }, (_, at) =>
    attempts.slice(at * size, (at + 1) * size),
  );

/** Lines that only one of two states has. */
function changesOf(before: string, after: string): string[] {
  if (before === after) return [];
  const [was, is] = [new Set(before.split('\n')), new Set(after.split('\n'))];
  return [...[...was].filter((line) => !is.has(line)), ...[...is].filter((line) => !was.has(line))];
}

const fill = (value: unknown, env: Readonly<Record<string, string>>): unknown =>
  typeof value === 'string'
    ? value.replace(/\$([A-Z_]+)/g, (whole, name: string) => env[name] ?? whole)
    : value;

/** Gives files to a user, as they would be if the daemon were the user's. */
function give(path: string, user: number): void {
  chownSync(path, user, user);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) give(join(path, entry.name), user);
    else if (entry.isFile()) chownSync(join(path, entry.name), user, user);
  }
}
