import type { ConnectOptions, Khlone } from '../client/index.js';
import type { Output } from './output.js';

/** What a command has to work with. */
export interface Context {
  /** Any folder of the zone. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly out: Output;
  /** The terminal's input, or whatever stdin is. */
  readonly stdin: NodeJS.ReadStream;
  /** The terminal's output, for what draws on all of it; what is said goes to `out`. */
  readonly stdout: NodeJS.WriteStream;
}

/** The clone whose brain started this process, directly or not; khlone sets the variable for all brains. */
export function insideOf({ env: { KHLONE_CLONE: name } }: Context): string | undefined {
  return name === '' ? undefined : name;
}

/**
 * Connects to the zone's daemon, and starts one where none runs, except from inside a clone; the caller closes it.
 * `name` is who others see.
 */
export async function connectTo(context: Context, name?: string): Promise<Khlone> {
  const inside = insideOf(context);
  if (inside !== undefined) {
    const khlone = await connectIfRunning(context, name);
    if (khlone !== undefined) return khlone;
    const { unreachableFromInside } = await import('./insideClone.js');
    throw await unreachableFromInside(context, inside);
  }
  const { connect } = await import('../client/index.js');
  return connect(optionsOf(context, name));
}

function optionsOf({ folder: zone, env }: Context, name: string | undefined): ConnectOptions {
  return { zone, env, ...(name !== undefined && { clientInfo: { name, version: '' } }) };
}

/** What the system says of a socket where nobody listens. */
const nobody = /^(?:ENOENT|ECONNREFUSED|ECONNRESET)$/;

/** As `connectTo`, but starts nothing: undefined where no daemon runs. */
export async function connectIfRunning(context: Context, name?: string): Promise<Khlone | undefined> {
  const { connect, isKhloneError } = await import('../client/index.js');
  try {
    return await connect({ ...optionsOf(context, name), autoStart: false });
  } catch (error) {
    if (isKhloneError(error, 'daemonUnreachable') && nobody.test(error.details.reason)) return undefined;
    throw error;
  }
}

/** Root of the zone, for people. @throws zoneInvalid, pathTooLong, pathUnsafe */
export async function zoneRoot({ folder, env }: Context): Promise<string> {
  const { locateZone } = await import('../client/autostart.js');
  return locateZone(folder, env).zone.root;
}
