import { memoryUsage } from 'node:process';
import type { CloneDirectory } from '../clones/directory.js';
import type { EventLog } from '../events/log.js';
import type { Store } from '../store/store.js';
import type { Service } from './parts.js';
import type { DaemonIdentity } from './session.js';

/** What `daemon/status` tells beside the store's own figures. */
export interface DaemonParts {
  readonly identity: DaemonIdentity;
  readonly paths: {
    readonly socket: string;
    readonly state: string;
    readonly database: string;
    readonly log: string;
  };
  readonly store: Store;
  readonly log: EventLog;
  readonly directory: CloneDirectory;
  /** How many clients are connected. */
  clients(): number;
  /** Begins the end of the daemon and returns at once. */
  stop(how: { readonly drain: boolean; readonly brains?: 'keep' | 'end' | undefined }): void;
}

/** Tells how the daemon is, and stops it. */
export function daemonService(parts: DaemonParts): Service<'daemon/status' | 'daemon/stop'> {
  const { identity, store, log, directory } = parts;
  return {
    async 'daemon/status'() {
      const clones: Record<string, number> = {};
      for (const { state } of directory.all()) clones[state] = (clones[state] ?? 0) + 1;
      const { rss, heapUsed } = memoryUsage();
      return {
        ...identity,
        uptimeMs: Math.round(process.uptime() * 1000),
        clones,
        tasks: store.tasks.counts(),
        approvals: store.approvals.pendingCount(),
        clients: parts.clients(),
        memory: { rssBytes: rss, heapUsedBytes: heapUsed },
        holder: {
          kind: 'process',
          processes: directory.all().filter((runner) => runner.hasProcess).length,
        },
        paths: { ...parts.paths },
        cursor: log.cursor,
      };
    },

    async 'daemon/stop'({ drain }) {
      parts.stop({ drain: drain ?? false });
      return { pid: process.pid };
    },
  };
}
