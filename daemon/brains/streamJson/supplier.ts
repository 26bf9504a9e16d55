import { fillTemplate } from '../../../protocol/error.js';
import { fail } from '../../../protocol/fail.js';
import type { HeldProgram, HeldSize, Holder } from '../../holder/contract.js';
import type { Terminals } from '../../streams/contract.js';
import type { SandboxKind } from '../../sandbox/contract.js';
import type { Sandbox } from '../../sandbox/sandbox.js';
import type {
  AskPlaces,
  Brain,
  BrainEnvironment,
  BrainProgram,
  BrainSpec,
  BrainSupplier,
} from '../contract.js';
import { checkPlace } from '../place.js';
import { streamJsonArgs } from './args.js';
import { openStreamJsonBrain, rideStreamJsonBrain } from './brain.js';
import type { BrainParts } from './brainParts.js';
import { SettledProcess, startConfined } from './confine.js';
import { type Deadlines, deadlinesOf } from './deadlines.js';
import { StreamProcess } from './process.js';
import type { TalkKind } from './talk/kind.js';
import { adoptTalk, openTalk } from './talk/open.js';

/** What tells one stream-json brain from another. */
export interface StreamJsonKind {
  readonly name: string;
  readonly summary: string;
  /** What to do when it is not logged in; `{clone}` stands for the clone's name. */
  readonly login: string;
  readonly install: string;
  probe(env: BrainEnvironment): Promise<BrainProgram>;
  /** The program and the arguments that come before the common ones. */
  command(program: BrainProgram): { readonly program: string; readonly args: readonly string[] };
  /** Variables the brain needs beside the clone's own. */
  readonly env: BrainEnvironment;
  /** Whether a secret is one of its own credentials. */
  runsOn(secret: string, env: BrainEnvironment): boolean;
  /** Called before a process is started on a conversation. */
  prepare?(spec: BrainSpec): void;
  /** What an ask's process is started with beside the tools it may have; nothing when left out. */
  askStart?(spec: BrainSpec, layers: AskLayers): AskStart;
  /** Where an ask of it reads and writes; called where its process is put into a sandbox. */
  ask(spec: BrainSpec, program: BrainProgram): AskPlaces;
  /** How it is talked to in its own terminal. */
  readonly talk: TalkKind;
}

/** What its processes are started by. */
export interface StreamJsonHost {
  readonly holder: Holder;
  readonly terminals: Terminals;
  readonly deadlines: Deadlines;
  readonly sandbox: Sandbox;
  /** The layers of an ask that are in force beside the sandbox; all, but for tests that look at one alone. */
  readonly layers?: AskLayers;
}

/** What keeps an ask from writing, from the brain's side. */
export interface AskLayers {
  /** Its command line: which tools there are, and that nothing else is loaded. */
  readonly flags: boolean;
  /** What it is told when it asks for a tool: the hook, and the answers to its requests. */
  readonly hook: boolean;
}

/** Arguments and variables of an ask's process. */
export interface AskStart {
  readonly args: readonly string[];
  readonly env: BrainEnvironment;
}

/** A brain's program as it was found, and as it is started. */
interface Found {
  readonly brain: BrainProgram;
  readonly program: HeldProgram;
}

/** Makes the supplier of a brain that speaks stream-json and control lines. */
export function streamJsonSupplier(kind: StreamJsonKind, host: StreamJsonHost): BrainSupplier {
  const { holder, terminals, deadlines, sandbox } = host;
  const layers = host.layers ?? { flags: true, hook: true };
  const talk = { kind: kind.talk, terminals, deadlines };

  /** The program as it is started for a spec, without the arguments of its conversation. */
  const find = async (spec: BrainSpec): Promise<Found> => {
    checkPlace(spec.cwd);
    const brain = await kind.probe(spec.env);
    const { program, args } = kind.command(brain);
    kind.prepare?.(spec);
    const whole = {
      tag: { clone: spec.clone, brain: kind.name, posture: spec.posture },
      program,
      args,
      cwd: spec.cwd,
      env: { ...spec.env, ...kind.env },
      limits: spec.limits,
    };
    return { brain, program: whole };
  };

  /** A program that cannot be started is missing. */
  const started = <T>(starting: Promise<T>, { program }: HeldProgram): Promise<T> =>
    starting.catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && error.code !== 'EACCES') throw error;
      throw fail('brainMissing', { brain: kind.name, program, install: kind.install });
    });

  const partsOf = (spec: BrainSpec): BrainParts => {
    const asking = spec.posture === 'ask';
    const bare: BrainSpec = { ...spec, posture: 'act' };
    let found: Promise<Found> | undefined;
    let around: SandboxKind | undefined;
    return {
      identity: { name: kind.name, login: fillTemplate(kind.login, { clone: spec.clone }) },
      spec,
      deadlines: deadlinesOf(deadlines, spec.limits),
      sandbox: () => around,
      open: async (opening, sink) => {
        const { brain, program } = await (found ??= find(spec));
        const own = asking ? kind.askStart?.(spec, layers) : undefined;
        const common = streamJsonArgs(layers.flags ? spec : bare, opening);
        const args = [...program.args, ...common, ...(own?.args ?? [])];
        const whole = { ...program, args, env: { ...program.env, ...own?.env } };
        if (!asking) return new StreamProcess(await started(holder.spawn(whole), program), spec, { sink });
        const parts = { holder, sandbox, places: () => kind.ask(spec, brain) };
        const { held, kind: made } = await started(startConfined(parts, spec, whole), program);
        around = made;
        return new StreamProcess(held, layers.hook ? spec : bare, { sink });
      },
    };
  };

  const spawn = async (spec: BrainSpec, size?: HeldSize): Promise<Brain> => {
    if (spec.posture !== 'talk') return openStreamJsonBrain(partsOf(spec));
    const { program } = await find(spec);
    const own = deadlinesOf(deadlines, spec.limits);
    return started(openTalk({ ...talk, deadlines: own }, spec, { program, size }), program);
  };
  return {
    name: kind.name,
    summary: kind.summary,
    capabilities: {
      dispatch: true,
      ask: true,
      talk: true,
      approvals: true,
      steer: false,
      fork: true,
      usage: true,
    },
    sharesTerminal: false,
    runsOn: (secret, env) => kind.runsOn(secret, env),
    probe: async (env, run) => {
      if (run) {
        const message = `is not for the brain ${kind.name}, which is a program by itself; use the brain command`;
        throw fail('invalidParams', {
          summary: `command ${message}`,
          issues: [{ path: 'command', message }],
        });
      }
      return kind.probe(env);
    },
    transcript: (of) => kind.talk.transcript(of),
    spawn,
    ride: (spec, left, turn) => {
      if (left.kind !== 'pipes') throw new Error('a task of this brain runs behind pipes');
      // What an ask has said is brought home, as it would be by the daemon that began it.
      const asking = spec.posture === 'ask';
      const held = asking ? new SettledProcess(left.held, () => kind.prepare?.(spec)) : left.held;
      return rideStreamJsonBrain(
        partsOf(spec),
        turn,
        (sink, point) => new StreamProcess(held, spec, { sink, left: point }),
      );
    },
    askPlaces: (spec) => kind.ask(spec, { program: process.execPath, version: '' }),
    adopt: (spec, held, told) =>
      adoptTalk({ ...talk, deadlines: deadlinesOf(deadlines, spec.limits) }, spec, { held, told }),
  };
}
