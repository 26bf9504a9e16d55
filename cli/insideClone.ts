import type { Khlone, KhloneError } from '../client/index.js';
import { insideOf, type Context } from './context.js';
import { oneLine } from './render/sanitize.js';

/**
 * The error for a command inside a clone where no daemon answers. None is started from there: a
 * clone has not all of its user's environment, so it would be another daemon than the clone's own.
 */
export async function unreachableFromInside(context: Context, name: string): Promise<KhloneError> {
  const { fail } = await import('../protocol/fail.js');
  const { locateZone } = await import('../client/autostart.js');
  const { retold } = await import('./failure.js');
  const { paths } = locateZone(context.folder, context.env);
  const granted = (context.env['KHLONE_SOCKET'] ?? '') !== '';
  return retold(
    fail('daemonUnreachable', { socket: paths.socket, reason: 'this is inside a clone' }),
    `This is inside the clone ${oneLine(name)}, which ${granted ? 'finds no daemon running' : 'cannot reach its daemon'}.`,
    granted
      ? 'Start the daemon from a terminal outside of it: `khlone daemon start`.'
      : 'Use khlone in a terminal outside of it; a clone that is to reach the daemon is enrolled with --grant-socket.',
  );
}

/** @throws invalidParams where `who` is the clone that this process runs inside of: its screen cannot show itself */
export async function refuseOwn(context: Context, khlone: Khlone, who: string): Promise<void> {
  const inside = insideOf(context);
  if (inside === undefined) return;
  const { name } = await khlone.clone.get({ who });
  if (name !== inside) return;
  const { usageError } = await import('./failure.js');
  throw usageError(
    `This is inside ${oneLine(name)} already, and its terminal cannot show itself`,
    'Use a terminal outside of it, or another clone.',
  );
}

/** The error for a command that only makes sense outside of clones. */
export async function refusedInside(name: string, command: string): Promise<KhloneError> {
  const { usageError } = await import('./failure.js');
  return usageError(
    `This is inside the clone ${oneLine(name)}, whose environment is not the one to start a daemon in`,
    `Use a terminal outside of it: \`${command}\`.`,
  );
}
