import type { Runnable, SandboxNeeds, SandboxPlaces, SandboxState } from './contract.js';
import { bubblewrapArgs } from './bubblewrap.js';
import { askEnvironment, mostSockets, planSandbox } from './plan.js';
import { type Found, probeSandbox } from './probe.js';
import { sandboxExecArgs } from './sandboxExec.js';

/** After so long it is looked for again where there was none: it may have been installed. */
const againMs = 30_000;

/** A program as an ask runs it. */
export type Confined = SandboxState & { readonly run: Runnable };

/** The sandbox that this machine gives, around every process of an ask. */
export interface Sandbox {
  /** What there is. Never rejects. */
  state(): Promise<SandboxState>;
  /** A program as it runs within, or as it is where there is none. Never rejects. */
  confine(run: Runnable, needs: SandboxNeeds): Promise<Confined>;
}

/** No sandbox, for what does without. */
export function noSandbox(reason: string): Sandbox {
  const state: SandboxState = { kind: 'none', reason, next: 'Nothing: none is wanted here.' };
  return {
    state: () => Promise.resolve(state),
    confine: (run) => Promise.resolve({ ...state, run }),
  };
}

/** Makes the machine's sandbox. `probe` finds what there is. */
export function machineSandbox(
  places: SandboxPlaces,
  probe: () => Promise<Found> = () =>
    probeSandbox({ platform: process.platform, path: process.env['PATH'] ?? '' }),
): Sandbox {
  let looked: { readonly at: number; readonly found: Promise<Found> } | undefined;

  const find = async (): Promise<Found> => {
    looked ??= { at: performance.now(), found: probe() };
    const { at, found: finding } = looked;
    const found = await finding;
    if (found.state.kind !== 'none' || performance.now() - at < againMs) return found;
    looked = { at: performance.now(), found: probe() };
    return looked.found;
  };

  return {
    state: async () => (await find()).state,

    async confine(run, needs) {
      const { state, wrapper } = await find();
      if (state.kind === 'none' || wrapper === undefined) return { ...state, run };
      const plan = await planSandbox({ run, needs, places, own: process.env });
      const env = askEnvironment(run.env, plan);
      // Bubblewrap takes no more words than that, and what is left out would be open.
      if (plan.dead.length > mostSockets) return { ...crowded(plan.dead.length), run };
      const args = state.kind === 'bubblewrap' ? bubblewrapArgs(plan, run) : sandboxExecArgs(plan, run);
      return { kind: state.kind, run: { program: wrapper, args, cwd: run.cwd, env } };
    },
  };
}

const crowded = (sockets: number): SandboxState => ({
  kind: 'none',
  reason: `${sockets} unix sockets would have to be masked, and at most ${mostSockets} can be`,
  next: 'End the programs that listen on them (`ss -xl` lists them).',
});
