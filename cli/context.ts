import type { Khlone } from '../client/index.js';
import type { Output } from './output.js';

/** How to connect. */
export interface ConnectRequest {
  /** Whether a daemon is started where none answers; true when left out. */
  readonly start?: boolean;
  /**
   * For a command that only looks on: a daemon is started now where none answers, but not again later, or
   * `khlone daemon stop` would never last while somebody watches.
   */
  readonly stays?: boolean;
}

/** What a command has to work with. */
export interface Context {
  /** Any folder of the zone. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly out: Output;
  /** The terminal's input, or whatever stdin is. */
  readonly stdin: NodeJS.ReadStream;
}

/** Connects to the zone's daemon; the caller closes it. */
export async function connectTo(context: Context, request: ConnectRequest = {}): Promise<Khlone> {
  const { connect, isKhloneError } = await import('../client/index.js');
  const { folder: zone, env } = context;
  if (request.stays !== true) return connect({ zone, env, autoStart: request.start ?? true });
  try {
    return await connect({ zone, env, autoStart: false });
  } catch (error) {
    if (!isKhloneError(error, 'daemonUnreachable')) throw error;
  }
  const starter = await connect({ zone, env });
  try {
    return await connect({ zone, env, autoStart: false });
  } finally {
    await starter.close();
  }
}
