import { memoryUsage, resourceUsage } from 'node:process';
import { getHeapStatistics } from 'node:v8';
import type { CloneDirectory } from '../clones/directory.js';
import type { EventLog } from '../events/log.js';
import type { Store } from '../store/store.js';
import type { Means } from '../holder/holders.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import type { ZoneSettings } from '../zone/settings.js';
import type { Service } from './parts.js';
import type { DaemonIdentity } from './session.js';
import { sandboxView } from './zone.js';

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
  /** What there is to end brains and to bound them. */
  means(): Promise<Means>;
  /** What stands around asks. */
  readonly settings: ZoneSettings;
  readonly sandbox: Sandbox;
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
      const fault = store.fault();
      return {
        ...identity,
        uptimeMs: Math.round(process.uptime() * 1000),
        clones,
        tasks: store.tasks.counts(),
        approvals: store.approvals.pendingCount(),
        clients: parts.clients(),
        memory: memoryNow(),
        holder: {
          kind: 'process',
          processes: directory.all().filter((runner) => runner.hasProcess).length,
        },
        storage: fault ? { state: 'failing', ...fault } : { state: 'ok' },
        supervision: await parts.means(),
        sandbox: await sandboxView(parts),
        paths: { ...parts.paths },
        cursor: log.cursor,
      };
    },

    async 'daemon/stop'({ drain, brains }) {
      parts.stop({ drain: drain ?? false, brains });
      return { pid: process.pid };
    },
  };
}

function memoryNow(): { rssBytes: number; heapUsedBytes: number } {
  try {
    const { rss, heapUsed } = memoryUsage();
    return { rssBytes: rss, heapUsedBytes: heapUsed };
  } catch {
    // With no descriptor left it cannot be looked up: the most there has been is known without one.
    return {
      rssBytes: resourceUsage().maxRSS * 1024,
      heapUsedBytes: getHeapStatistics().used_heap_size,
    };
  }
}
