import { defaultSize, type Terminals } from '../../streams/contract.js';
import type { BrainSpec, BrainSupplier } from '../contract.js';
import { checkPlace } from '../place.js';
import { CommandBrain } from './brain.js';
import { frontOf } from './front.js';
import { probeCommand } from './probe.js';
import type { CommandTiming } from './timing.js';

/** Any program with a terminal: a shell, a REPL, an editor, another agent. */
export function commandSupplier(terminals: Terminals, timing: CommandTiming): BrainSupplier {
  const parts = (spec: BrainSpec) => ({ spec, timing, frontOf: ({ pid }: { pid: number }) => frontOf(pid) });
  return {
    name: 'command',
    summary: 'any program in a terminal: what is said is typed into it, what its screen gains is the answer',
    capabilities: {
      dispatch: true,
      ask: false,
      talk: true,
      approvals: false,
      steer: false,
      fork: false,
      usage: false,
    },
    sharesTerminal: true,
    // Nobody but the user knows what the program needs.
    runsOn: () => false,
    probe: probeCommand,
    spawn: async (spec, size) => {
      const { cwd, env, command, terminal: settings } = spec;
      checkPlace(cwd);
      const { program } = await probeCommand(env, command && { command, cwd });
      // The size is told by the terminal itself.
      const { COLUMNS: _columns, LINES: _lines, ...rest } = env;
      const what = {
        tag: { clone: spec.clone, brain: 'command', posture: spec.posture },
        program,
        args: command?.slice(1) ?? [],
        cwd,
        env: { ...rest, TERM: 'xterm-256color' },
        limits: spec.limits,
      };
      const given = {
        cols: size?.cols ?? settings?.cols ?? defaultSize.cols,
        rows: size?.rows ?? settings?.rows ?? defaultSize.rows,
      };
      const terminal = await terminals.open(what, given);
      return new CommandBrain({ ...parts(spec), terminal });
    },
    ride: (spec, left, turn) => {
      if (left.kind !== 'terminal') throw new Error('a task of this brain runs in a terminal');
      return new CommandBrain({
        ...parts(spec),
        terminal: terminals.adopt(left.held, turn.from),
        ridden: turn,
      });
    },
    adopt: (spec, held) => new CommandBrain({ ...parts(spec), terminal: terminals.adopt(held) }),
  };
}
