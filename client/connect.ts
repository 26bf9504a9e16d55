import { setTimeout as pause } from 'node:timers/promises';
import { KhloneError } from '../protocol/error.js';
import { fail } from '../protocol/fail.js';
import { packageVersion, protocolVersion, supportedVersions } from '../protocol/version.js';
import { locateZone, reachDaemon, type ZoneAddress } from './autostart.js';
import { brainVariables } from '../protocol/brainVariables.js';
import { ClientConnection } from './connection.js';
import type { InitializeResult } from './generated/types.js';
import { Link } from './link.js';
import { failBecause } from './wire-errors.js';

/** Which daemon to talk to, and how. */
export interface ConnectOptions {
  /** Any folder of the zone; the working directory when left out. */
  readonly zone?: string;
  /** Absolute path of the daemon's socket, instead of the zone's own. */
  readonly socket?: string;
  /** What paths and the brains' variables are taken from; this process's environment when left out. */
  readonly env?: NodeJS.ProcessEnv;
  /** Whether to start a daemon when none answers; true when left out. */
  readonly autoStart?: boolean;
  readonly clientInfo?: { readonly name: string; readonly version: string };
  readonly signal?: AbortSignal;
  /** The daemon's program; the one of this package when left out. */
  readonly daemonProgram?: string;
  /** From connected to the answer of initialize, in ms; 10,000 when left out. */
  readonly helloMs?: number;
}

/** A link with what its first connection brought to light. */
export interface OpenedLink {
  readonly link: Link;
  readonly address: ZoneAddress;
  /** The daemon's answer to the latest initialize; another after each new connection. */
  greeting(): unknown;
  /** Whether one of this link's connections had to start the daemon. */
  startedDaemon(): boolean;
}

/**
 * Connects to the daemon of a zone and greets it. Rejects with `zoneInvalid`, `pathTooLong`, `pathUnsafe`,
 * `daemonUnreachable`, `versionUnsupported`, or `cancelled` on abort.
 */
export async function openLink(options: ConnectOptions = {}): Promise<OpenedLink> {
  const env = options.env ?? process.env;
  const address = locateZone(
    options.zone ?? process.cwd(),
    options.socket === undefined ? env : { ...env, KHLONE_SOCKET: options.socket },
  );
  let greeting: unknown;
  let started = false;
  const open = async (signal: AbortSignal): Promise<ClientConnection> => {
    const reached = await reach(options, address, signal);
    started ||= reached.started;
    const connection = new ClientConnection(reached.socket);
    try {
      greeting = await greet(connection, { options, env, path: reached.path, signal });
      if (options.socket === undefined) expectZone(greeting, address);
      return connection;
    } catch (error) {
      void connection.close();
      throw error;
    }
  };
  const link = new Link((signal) => pastEnding(() => open(signal), signal));
  try {
    await link.connection(options.signal);
  } catch (error) {
    await link.close();
    throw error;
  }
  return { link, address, greeting: () => greeting, startedDaemon: () => started };
}

/** How often, and at which distance in ms, a daemon that is ending is called again: together as long as its end takes. */
const endingTries = 60;
const endingPauseMs = 50;

/**
 * A daemon that ends, or was killed this instant, may still accept a connection and never answer. Nothing
 * was asked of it yet, so the client calls again, until the next daemon is there.
 */
async function pastEnding<T>(open: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await open();
    } catch (error) {
      const ending =
        error instanceof KhloneError && (error.kind === 'connectionLost' || error.kind === 'shuttingDown');
      if (!ending || tries >= endingTries || signal.aborted) throw error;
      await pause(endingPauseMs);
    }
  }
}

/** A socket that several zones were given serves the first of them only. */
function expectZone(greeting: unknown, { zone }: ZoneAddress): void {
  const served = (greeting as InitializeResult).zone;
  if (served.id === zone.id) return;
  throw fail('zoneInvalid', { path: zone.root, reason: `the socket of KHLONE_SOCKET serves ${served.root}` });
}

async function reach(
  options: ConnectOptions,
  address: ZoneAddress,
  signal: AbortSignal,
): ReturnType<typeof reachDaemon> {
  const { env, autoStart, daemonProgram, socket } = options;
  const place = env ?? process.env;
  try {
    return await reachDaemon({
      address,
      env: socket === undefined ? place : { ...place, KHLONE_SOCKET: socket },
      signal,
      ...(autoStart !== undefined && { start: autoStart }),
      ...(daemonProgram !== undefined && { daemonProgram }),
    });
  } catch (error) {
    if (error instanceof KhloneError || !signal.aborted) throw error;
    throw failBecause('cancelled', {}, signal.reason);
  }
}

interface Greeting {
  readonly options: ConnectOptions;
  readonly env: NodeJS.ProcessEnv;
  readonly path: string;
  readonly signal: AbortSignal;
}

async function greet(
  connection: ClientConnection,
  { options, env, path, signal }: Greeting,
): Promise<unknown> {
  const helloMs = options.helloMs ?? 10_000;
  const deadline = AbortSignal.timeout(helloMs);
  const params = {
    protocolVersion,
    minProtocolVersion: supportedVersions[0] ?? protocolVersion,
    clientInfo: options.clientInfo ?? { name: 'khlone', version: packageVersion },
    capabilities: [],
    environment: brainVariables(env),
  };
  try {
    return await connection.request('initialize', params, { signal: AbortSignal.any([signal, deadline]) });
  } catch (error) {
    // Why the daemon turned this client away says more than that the line went dead.
    if (connection.parting !== undefined) throw connection.parting;
    if (deadline.aborted && !signal.aborted) {
      throw fail('daemonUnreachable', {
        socket: path,
        reason: `no answer to initialize within ${helloMs} ms`,
      });
    }
    throw error;
  }
}
