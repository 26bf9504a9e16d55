import { fillTemplate } from '../../../protocol/error.js';
import { fail } from '../../../protocol/fail.js';
import type { HeldProgram, HeldSize, Holder } from '../../holder/contract.js';
import type { Terminals } from '../../streams/contract.js';
import type { Brain, BrainEnvironment, BrainProgram, BrainSpec, BrainSupplier } from '../contract.js';
import { checkPlace } from '../place.js';
import { streamJsonArgs } from './args.js';
import { openStreamJsonBrain, rideStreamJsonBrain } from './brain.js';
import type { BrainParts } from './brainParts.js';
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
  /** How it is talked to in its own terminal. */
  readonly talk: TalkKind;
}

/** What its processes are started by. */
export interface StreamJsonHost {
  readonly holder: Holder;
  readonly terminals: Terminals;
  readonly deadlines: Deadlines;
}

/** Makes the supplier of a brain that speaks stream-json and control lines. */
export function streamJsonSupplier(kind: StreamJsonKind, host: StreamJsonHost): BrainSupplier {
  const { holder, terminals, deadlines } = host;
  const talk = { kind: kind.talk, terminals, deadlines };

  /** The program as it is started for a spec, without the arguments of its conversation. */
  const programOf = async (spec: BrainSpec): Promise<HeldProgram> => {
    checkPlace(spec.cwd);
    const { program, args } = kind.command(await kind.probe(spec.env));
    kind.prepare?.(spec);
    return {
      tag: { clone: spec.clone, brain: kind.name, posture: spec.posture },
      program,
      args,
      cwd: spec.cwd,
      env: { ...spec.env, ...kind.env },
      limits: spec.limits,
    };
  };

  /** A program that cannot be started is missing. */
  const started = <T>(starting: Promise<T>, { program }: HeldProgram): Promise<T> =>
    starting.catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && error.code !== 'EACCES') throw error;
      throw fail('brainMissing', { brain: kind.name, program, install: kind.install });
    });

  const partsOf = (spec: BrainSpec): BrainParts => {
    let found: Promise<HeldProgram> | undefined;
    return {
      identity: { name: kind.name, login: fillTemplate(kind.login, { clone: spec.clone }) },
      spec,
      deadlines: deadlinesOf(deadlines, spec.limits),
      open: async (opening, sink) => {
        const program = await (found ??= programOf(spec));
        const args = [...program.args, ...streamJsonArgs(spec, opening)];
        const held = await started(holder.spawn({ ...program, args }), program);
        return new StreamProcess(held, spec, { sink });
      },
    };
  };

  const spawn = async (spec: BrainSpec, size?: HeldSize): Promise<Brain> => {
    if (spec.posture !== 'talk') return openStreamJsonBrain(partsOf(spec));
    const program = await programOf(spec);
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
      fork: false,
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
      return rideStreamJsonBrain(
        partsOf(spec),
        turn,
        (sink, point) => new StreamProcess(left.held, spec, { sink, left: point }),
      );
    },
    adopt: (spec, held, told) =>
      adoptTalk({ ...talk, deadlines: deadlinesOf(deadlines, spec.limits) }, spec, { held, told }),
  };
}
