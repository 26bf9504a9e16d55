import { existsSync } from 'node:fs';
import type { Khlone, KhloneError } from '../client/index.js';
import { connectIfRunning, connectTo, insideOf, zoneRoot, type Context } from './context.js';
import type { Ending } from './exit.js';
import { oneLine } from './render/sanitize.js';

/** A command that only looks on. */
export interface Look {
  /** What `--json` prints where nothing was ever enrolled; nothing at all when left out. */
  readonly empty?: (zone: string) => object;
  /** Whom it is to show; all when left out. */
  readonly who?: string | undefined;
  /** The error of whatever else it was called for by name, where there is nothing. */
  readonly notFound?: KhloneError | undefined;
  /**
   * For one that stays: a daemon is started now where none runs, but not again later, or `khlone daemon stop` would
   * never last while somebody watches.
   */
  readonly stays?: boolean;
  readonly work: (khlone: Khlone) => Promise<Ending>;
}

/** Runs a command that only looks on. Where no daemon ever was, none is started to say that there is nothing. */
export async function look(context: Context, request: Look): Promise<Ending> {
  await using khlone =
    (await connectIfRunning(context)) ??
    ((await wasUsed(context)) ? await start(context, request) : undefined);
  if (khlone === undefined) return await tellNothing(context, request);
  return await request.work(khlone);
}

async function wasUsed({ folder, env }: Context): Promise<boolean> {
  const { locateZone } = await import('../client/autostart.js');
  const { paths } = locateZone(folder, env);
  return existsSync(paths.info) || existsSync(paths.db);
}

async function start(context: Context, { stays = false }: Look): Promise<Khlone> {
  const starter = await connectTo(context);
  const staying = stays ? await connectIfRunning(context) : undefined;
  if (staying === undefined) return starter;
  await starter.close();
  return staying;
}

async function tellNothing(context: Context, { empty, who, notFound }: Look): Promise<Ending> {
  const { out } = context;
  const inside = insideOf(context);
  if (inside !== undefined) {
    const { unreachableFromInside } = await import('./insideClone.js');
    throw await unreachableFromInside(context, inside);
  }
  const { fail } = await import('../protocol/fail.js');
  const missed = notFound ?? (who === undefined ? undefined : fail('cloneNotFound', { who, known: [] }));
  const zone = await zoneRoot(context);
  const message = `Nothing is enrolled in ${oneLine(zone)}.`;
  const next = 'khlone enroll <role>';
  if (missed !== undefined) {
    const { retold } = await import('./failure.js');
    throw retold(missed, message, next);
  }
  if (!out.json) {
    out.write(`${message}\n`);
    out.note(`  next: ${next}\n`);
  } else if (empty !== undefined) out.object(empty(zone));
  return 'done';
}
