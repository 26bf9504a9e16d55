import { z } from 'zod';
import { request } from '../row.js';
import { Cursor, Empty, EnvironmentMap, jsonObject, meta, time } from '../shapes/common.js';

const BrainInfo = z.object({
  name: z.string(),
  summary: z.string(),
  dispatch: z.boolean().describe('Takes `act` tasks.'),
  ask: z.boolean().describe('Takes `ask` tasks, read-only.'),
  talk: z.boolean().describe('Has a terminal to talk to.'),
  approvals: z.boolean(),
  steer: z.boolean(),
  fork: z.boolean().describe('Takes asks that run beside a clone (`aside`).'),
  usage: z.boolean(),
});

export const initialize = request({
  name: 'initialize',
  summary:
    'Opens the conversation: agrees on a version and tells each side who the other is. Must come first.',
  capability: 'core',
  params: z.object({
    protocolVersion: z.number().int().min(1).describe('Newest version the client speaks.'),
    minProtocolVersion: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe('Oldest version the client speaks; the same as the newest by default.'),
    clientInfo: z.object({ name: z.string().max(200), version: z.string().max(200) }),
    capabilities: z.array(z.string()).max(256).optional(),
    environment: EnvironmentMap.optional().describe(
      "The client's own variables that a brain may run with. Only those of the documented allow-list are kept; secrets among them stay in memory.",
    ),
    _meta: meta,
  }),
  result: z.object({
    protocolVersion: z.number().int(),
    daemon: z.object({ name: z.string(), version: z.string(), pid: z.number().int(), startedAt: time }),
    zone: z.object({ id: z.string(), root: z.string() }),
    capabilities: z.object({ features: z.array(z.string()), brains: z.array(BrainInfo) }),
    cursor: Cursor.describe('The newest event; subscribe from here to hear all that follows.'),
    _meta: meta,
  }),
  errors: ['versionUnsupported'],
  example: {
    params: { protocolVersion: 1, clientInfo: { name: 'example', version: '1.0.0' } },
    result: {
      protocolVersion: 1,
      daemon: { name: 'khlone', version: '0.1.0', pid: 4242, startedAt: '2026-11-21T09:00:00.000Z' },
      zone: { id: '0123456789abcdef', root: '/home/you/project' },
      capabilities: {
        features: ['core', 'streams'],
        brains: [
          {
            name: 'demo',
            summary: 'A small scripted program shipped with khlone: no account, no network, no intelligence.',
            dispatch: true,
            ask: true,
            talk: true,
            approvals: true,
            steer: false,
            fork: true,
            usage: true,
          },
        ],
      },
      cursor: { epoch: 1, seq: 1 },
    },
  },
});

export const ping = request({
  name: 'ping',
  summary: 'Answers with the time: the daemon is there.',
  capability: 'core',
  params: Empty,
  result: z.object({ at: time, _meta: meta }),
  errors: [],
  example: { params: {}, result: { at: '2026-11-21T09:00:00.000Z' } },
});

export const discover = request({
  name: 'rpc.discover',
  summary: 'Answers with the OpenRPC document of this protocol.',
  capability: 'core',
  params: Empty,
  result: jsonObject.describe('An OpenRPC 1.3 document.'),
  errors: [],
  example: { params: {}, result: { openrpc: '1.3.2' } },
});
