import { z } from 'zod';
import { request } from '../row.js';
import { CloneName, Empty, EnvironmentMap, meta, Who } from '../shapes/common.js';
import { AskSandbox, Sandbox, SandboxKind, ZoneSettings } from '../shapes/zone.js';

export const zoneGet = request({
  name: 'zone/get',
  summary: 'Tells the settings of the zone, and which sandbox its asks have.',
  capability: 'core',
  params: Empty,
  result: z.object({ settings: ZoneSettings, sandbox: Sandbox, _meta: meta }),
  errors: ['storageFailed'],
  example: {
    params: {},
    result: {
      settings: { ask: { sandbox: 'prefer' } },
      sandbox: { kind: 'bubblewrap', setting: 'prefer' },
    },
  },
});

export const zoneSet = request({
  name: 'zone/set',
  summary:
    'Changes settings of the zone; what is left out stays. Processes of asks that do not fit end at rest.',
  capability: 'core',
  params: z.object({
    ask: z.object({ sandbox: AskSandbox.optional() }).optional(),
    _meta: meta,
  }),
  result: ZoneSettings,
  errors: ['storageFailed'],
  example: { params: { ask: { sandbox: 'prefer' } }, result: { ask: { sandbox: 'prefer' } } },
});

export const sandboxDescribe = request({
  name: 'sandbox/describe',
  summary:
    'Tells how to run a command exactly as an ask of a clone would run it. Secrets of the clone are left out of `env`.',
  capability: 'core',
  params: z.object({
    who: Who,
    command: z.array(z.string().min(1).max(100_000)).min(1).max(1000).describe('Program and arguments.'),
    _meta: meta,
  }),
  result: z.object({
    clone: CloneName,
    sandbox: SandboxKind,
    program: z.string(),
    args: z.array(z.string()),
    cwd: z.string(),
    env: EnvironmentMap.describe('Complete: nothing else is inherited.'),
    withheld: z.array(z.string()).describe('Secrets that the clone has and that are not told.'),
    _meta: meta,
  }),
  errors: [
    'cloneNotFound',
    'cloneAmbiguous',
    'cloneRetired',
    'capabilityMissing',
    'sandboxMissing',
    'storageFailed',
  ],
  example: {
    after: ['clone/enroll'],
    params: { who: 'mechanic.1', command: ['/bin/sh', '-c', 'echo hello > written'] },
    result: {
      clone: 'mechanic.1',
      sandbox: 'bubblewrap',
      program: '/usr/bin/bwrap',
      args: ['--ro-bind', '/', '/', '--', '/bin/sh', '-c', 'echo hello > written'],
      cwd: '/home/you/project',
      env: { PATH: '/usr/bin:/bin' },
      withheld: [],
    },
  },
});
