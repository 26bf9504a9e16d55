import type { KhloneError } from '../client/index.js';
import { insideOf, type Context } from './context.js';
import { oneLine } from './render/sanitize.js';

/** The error of a zone whose daemon is off: outside of clones that is no fault: it says how to start one and nothing of sockets. */
export async function noDaemon(context: Context): Promise<KhloneError> {
  const inside = insideOf(context);
  if (inside !== undefined) {
    const { unreachableFromInside } = await import('./insideClone.js');
    return unreachableFromInside(context, inside);
  }
  const { locateZone } = await import('../client/autostart.js');
  const { zone, paths } = locateZone(context.folder, context.env);
  const { fail } = await import('../protocol/fail.js');
  const { retold } = await import('./failure.js');
  const error = fail('daemonUnreachable', { socket: paths.socket, reason: 'none runs' });
  return retold(error, `No daemon runs for ${oneLine(zone.root)}.`, 'khlone daemon start');
}
