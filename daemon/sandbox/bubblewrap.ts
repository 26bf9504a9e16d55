import type { Runnable, SandboxPlan } from './contract.js';
import { isWithin } from './plan.js';

/**
 * What every ask has, whatever its places: nothing of the machine can be written to, its processes are its own and
 * end with it, it has no rights and gets none.
 */
const common = [
  ...['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--disable-userns'],
  ...['--cap-drop', 'ALL', '--die-with-parent', '--new-session'],
];

/** The smallest sandbox of this kind, to see whether one can be made. */
export const probeArgs: readonly string[] = [
  ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp'],
  ...common,
  ...['--', '/bin/sh', '-c', 'exit 0'],
];

/** The command line of bubblewrap for a plan. The order tells: what comes later lies over what came before. */
export function bubblewrapArgs(
  plan: SandboxPlan,
  { program, args }: Pick<Runnable, 'program' | 'args'>,
): string[] {
  const empty = (folders: readonly string[]): string[] => folders.flatMap((path) => ['--tmpfs', path]);
  const show = (paths: readonly string[]): string[] => paths.flatMap((path) => ['--ro-bind', path, path]);
  const again = plan.kept.filter((path) =>
    plan.hidden.some((folder) => path !== folder && isWithin(path, folder)),
  );
  return [
    ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc'],
    ...empty(plan.scratch),
    ...plan.links.flatMap(({ at, to }) => ['--symlink', to, at]),
    ...show(plan.kept),
    ...empty(plan.hidden),
    ...show(again),
    ...plan.dead.flatMap((path) => ['--ro-bind', '/dev/null', path]),
    ...plan.writable.flatMap(({ from, at }) => ['--bind', from, at]),
    ...common,
    ...['--chdir', plan.cwd, '--', program, ...args],
  ];
}
