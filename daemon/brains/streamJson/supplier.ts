import { statSync } from 'node:fs';
import { fillTemplate } from '../../../protocol/error.js';
import { fail } from '../../../protocol/fail.js';
import type { Holder } from '../../holder/contract.js';
import type { Brain, BrainEnvironment, BrainProgram, BrainSpec, BrainSupplier } from '../contract.js';
import { streamJsonArgs } from './args.js';
import { openStreamJsonBrain } from './brain.js';
import type { Deadlines } from './deadlines.js';
import { StreamProcess } from './process.js';

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
}

/** Makes the supplier of a brain that speaks stream-json and control lines. */
export function streamJsonSupplier(
  kind: StreamJsonKind,
  holder: Holder,
  deadlines: Deadlines,
): BrainSupplier {
  const spawn = async (spec: BrainSpec): Promise<Brain> => {
    if (!statSync(spec.cwd, { throwIfNoEntry: false })?.isDirectory()) {
      throw fail('zoneInvalid', {
        path: spec.cwd,
        reason: 'the brain cannot start there, it is no directory',
      });
    }
    const found = await kind.probe(spec.env);
    const { program, args } = kind.command(found);
    return openStreamJsonBrain({
      identity: { name: kind.name, login: fillTemplate(kind.login, { clone: spec.clone }) },
      spec,
      deadlines,
      open: async (opening, sink) => {
        const env = { ...spec.env, ...kind.env };
        const what = {
          tag: { clone: spec.clone, brain: kind.name, posture: spec.posture },
          program,
          args: [...args, ...streamJsonArgs(spec, opening)],
          cwd: spec.cwd,
          env,
        };
        const held = await holder.spawn(what).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT' && error.code !== 'EACCES') throw error;
          throw fail('brainMissing', { brain: kind.name, program, install: kind.install });
        });
        return new StreamProcess(held, spec, sink);
      },
    });
  };
  return {
    name: kind.name,
    summary: kind.summary,
    capabilities: {
      dispatch: true,
      ask: true,
      talk: false,
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
    spawn,
  };
}
