import { z } from 'zod';
import { request } from '../row.js';
import { count, Cursor, Empty, meta, time } from '../shapes/common.js';
import { Sandbox } from '../shapes/zone.js';

export const daemonStatus = request({
  name: 'daemon/status',
  summary: 'Tells how the daemon is: its zone, age, clones, tasks, clients and memory.',
  capability: 'core',
  params: Empty,
  result: z.object({
    zone: z.object({ id: z.string(), root: z.string() }),
    daemon: z.object({ name: z.string(), version: z.string(), pid: z.number().int(), startedAt: time }),
    uptimeMs: count,
    clones: z.record(count).describe('How many clones there are of each status.'),
    tasks: z.record(count).describe('How many tasks there are of each status.'),
    approvals: count.describe('Approvals that wait for an answer.'),
    clients: count,
    memory: z.object({ rssBytes: count, heapUsedBytes: count }),
    holder: z.object({
      kind: z
        .string()
        .describe(
          '`process`: each brain runs under a small process of its own, its holder, and outlives a daemon that is killed.',
        ),
      processes: count,
    }),
    storage: z
      .object({
        state: z.enum(['ok', 'failing']),
        reason: z.string().optional().describe('What the disk says; with `failing` only.'),
        since: time.optional().describe('When it began; with `failing` only.'),
      })
      .optional()
      .describe(
        'Whether changes can be written. While they cannot, calls that change anything end in `storageFailed`.',
      ),
    supervision: z
      .object({
        ends: z
          .enum(['cgroup', 'marker'])
          .describe(
            'How all that a brain started is found at its end: `cgroup`: each has one of its own, which nothing leaves; `marker`: by environment, session and parents.',
          ),
        reason: z.string().optional().describe('Why not by cgroups.'),
        namespaces: z.boolean().describe('Whether bubblewrap can make PID namespaces (`limits.namespace`).'),
        memory: z.enum(['cgroup', 'watchdog']),
        cpus: z.enum(['cgroup', 'affinity', 'none']),
      })
      .optional()
      .describe('What this daemon has to end brains and to keep their limits (`enforced` of a clone).'),
    sandbox: Sandbox.optional(),
    paths: z.object({ socket: z.string(), state: z.string(), database: z.string(), log: z.string() }),
    cursor: Cursor,
    _meta: meta,
  }),
  errors: ['storageFailed'],
  example: {
    after: ['clone/enroll'],
    params: {},
    result: {
      zone: { id: '0123456789abcdef', root: '/home/you/project' },
      daemon: { name: 'khlone', version: '0.1.0', pid: 4242, startedAt: '2026-11-21T09:00:00.000Z' },
      uptimeMs: 61_000,
      clones: { off: 1 },
      tasks: {},
      approvals: 0,
      clients: 1,
      memory: { rssBytes: 71_000_000, heapUsedBytes: 14_000_000 },
      holder: { kind: 'process', processes: 0 },
      storage: { state: 'ok' },
      supervision: { ends: 'cgroup', namespaces: true, memory: 'cgroup', cpus: 'cgroup' },
      sandbox: { kind: 'bubblewrap', setting: 'prefer' },
      paths: {
        socket: '/run/user/1000/khlone/0123456789abcdef/s',
        state: '/home/you/.local/state/khlone/zones/0123456789abcdef',
        database: '/home/you/.local/state/khlone/zones/0123456789abcdef/khlone.db',
        log: '/home/you/.local/state/khlone/zones/0123456789abcdef/log/daemon.log',
      },
      cursor: { epoch: 1, seq: 2 },
    },
  },
});

export const daemonStop = request({
  name: 'daemon/stop',
  summary:
    'Stops the daemon. Queued tasks wait for the next start; a running one is interrupted, unless it is drained or its brain is kept.',
  capability: 'core',
  params: z.object({
    drain: z.boolean().optional().describe('Let running tasks end first; queued ones stay queued.'),
    brains: z
      .enum(['keep', 'end'])
      .optional()
      .describe(
        "What becomes of the brains' processes. `end`, the default: they end with the daemon. `keep`: they work on under their holders, turns included, and the next daemon takes them up.",
      ),
    _meta: meta,
  }),
  result: z.object({ pid: z.number().int().describe('The process that is ending.'), _meta: meta }),
  errors: [],
  example: { params: { drain: true, brains: 'keep' }, result: { pid: 4242 } },
});
