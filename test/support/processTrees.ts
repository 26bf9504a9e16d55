import { tmpdir } from 'node:os';
import type { HeldProcess } from '../../daemon/holder/contract.js';
import type { Holders } from '../../daemon/holder/holders.js';
import { processesNaming } from './processes.js';

/** How a process of a tree tries to outlive its brain. */
export const escapes = {
  /** In its parent's group, deaf to SIGTERM. */
  deaf: `sh -c 'trap "" TERM; exec sleep TOKEN' &`,
  session: `setsid sh -c 'trap "" TERM; exec sleep TOKEN' &`,
  doubleFork: `(setsid sh -c 'trap "" TERM; exec sleep TOKEN' &)`,
  /** Its own child, in a session of its own, without the marker. */
  nameless: `env -i setsid sleep TOKEN &`,
  /** Nobody's child, in a session of its own, without the marker. */
  vanished: `(env -i setsid sh -c '(sleep TOKEN &) ; exec sleep TOKEN' &)`,
} as const;

export type Escape = keyof typeof escapes;

let trees = 0;

/** A tree of processes that try to escape. */
export interface ProcessTree {
  readonly brain: HeldProcess;
  /** Pids of what still runs of it. */
  survivors(): number[];
}

/** Starts a tree under a holder; resolves once all of it runs. With `deaf` the brain itself ignores SIGTERM. */
export async function startTree(
  holders: Holders,
  kinds: readonly Escape[],
  { deaf = true, namespace = false }: { readonly deaf?: boolean; readonly namespace?: boolean } = {},
): Promise<ProcessTree> {
  // As an argument of every one of them, since an environment may be thrown away.
  const token = `${1_000_000 + process.pid}.${++trees}0001`;
  const lines = kinds.map((kind) => escapes[kind].replaceAll('TOKEN', token));
  const wanted = kinds.reduce((sum, kind) => sum + escapes[kind].split('TOKEN').length - 1, 0);
  const brain = await holders.spawn({
    tag: { clone: 'trees.1' },
    program: '/bin/sh',
    args: ['-c', `${deaf ? 'trap "" TERM\n' : ''}${lines.join('\n')}\nread wait`],
    cwd: tmpdir(),
    env: { PATH: '/usr/bin:/bin' },
    limits: { namespace },
  });
  const survivors = (): number[] =>
    processesNaming(`sleep ${token}`)
      .filter(({ command }) => command === `sleep ${token}`)
      .map(({ pid }) => pid);
  while (survivors().length < wanted) await new Promise((resolve) => setTimeout(resolve, 5));
  return { brain, survivors };
}

/** Ends what a control has left. */
export function endSurvivorsOf(tree: ProcessTree): void {
  for (const pid of tree.survivors()) process.kill(pid, 'SIGKILL');
}
