import { readFileSync } from 'node:fs';
import { brainVariables } from '../../protocol/brainVariables.js';
import { fail } from '../../protocol/fail.js';
import type { Result } from '../../protocol/table.js';
import { packageVersion, supportedVersions } from '../../protocol/version.js';
import type { BrainSupplier } from '../brains/contract.js';
import type { EventLog } from '../events/log.js';
import { now } from '../store/ids.js';
import type { Service } from './parts.js';

/** Who this daemon is. */
export interface DaemonIdentity {
  readonly daemon: {
    readonly name: string;
    readonly version: string;
    readonly pid: number;
    readonly startedAt: string;
  };
  readonly zone: { readonly id: string; readonly root: string };
}

/** Describes the running daemon. */
export function describeDaemon(zone: DaemonIdentity['zone']): DaemonIdentity {
  return { zone, daemon: { name: 'khlone', version: packageVersion, pid: process.pid, startedAt: now() } };
}

/** Features beyond the methods of version 1; additive changes are announced here. */
const features: readonly string[] = ['core', 'streams'];

/** Greets clients and describes the protocol. */
export function sessionService(parts: {
  readonly identity: DaemonIdentity;
  readonly log: EventLog;
  readonly suppliers: ReadonlyMap<string, BrainSupplier>;
}): Service<'initialize' | 'ping' | 'rpc.discover'> {
  const { identity, log, suppliers } = parts;
  let document: Result<'rpc.discover'> | undefined;
  return {
    async initialize(params, { connection }) {
      const protocolVersion = agree(
        params.protocolVersion,
        params.minProtocolVersion ?? params.protocolVersion,
      );
      connection.welcome({ ...params.clientInfo, environment: brainVariables(params.environment ?? {}) });
      const brains = [...suppliers.values()].map(({ name, summary, capabilities }) => ({
        name,
        summary,
        ...capabilities,
      }));
      const capabilities = { features: [...features], brains };
      return { protocolVersion, ...identity, capabilities, cursor: log.cursor };
    },

    async ping() {
      return { at: now() };
    },

    async 'rpc.discover'() {
      document ??= readDocument();
      return document;
    },
  };
}

function agree(newest: number, oldest: number): number {
  const common = supportedVersions.filter((version) => version >= oldest && version <= newest).at(-1);
  if (common === undefined)
    throw fail('versionUnsupported', { requested: newest, supported: [...supportedVersions] });
  return common;
}

/** The document lies beside the sources and, in a build, beside `dist`. */
function readDocument(): Result<'rpc.discover'> {
  const places = ['../../protocol/schema/openrpc.json', '../../../protocol/schema/openrpc.json'];
  for (const place of places) {
    try {
      return JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as Result<'rpc.discover'>;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new Error('openrpc.json is missing from this installation');
}
