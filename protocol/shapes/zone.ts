import { z } from 'zod';
import { meta } from './common.js';

export const AskSandbox = z
  .enum(['require', 'prefer'])
  .describe(
    'Where no sandbox is to be had, an ask is refused (`require`), or runs without one and says so (`prefer`, the default).',
  );
export type AskSandbox = z.infer<typeof AskSandbox>;

export const SandboxKind = z
  .enum(['bubblewrap', 'sandboxExec', 'none'])
  .describe("What stands around an ask's process; `none` where this machine gives nothing.");
export type SandboxKind = z.infer<typeof SandboxKind>;

export const ZoneSettings = z
  .object({
    ask: z.object({ sandbox: AskSandbox }),
    _meta: meta,
  })
  .describe('Settings of the zone, kept with its state. Nothing in a repository changes them.');
export type ZoneSettings = z.infer<typeof ZoneSettings>;

export const Sandbox = z
  .object({
    kind: SandboxKind,
    setting: AskSandbox,
    reason: z.string().optional().describe('Why there is none; with `none` only.'),
    next: z.string().optional().describe('How to get one; with `none` only.'),
  })
  .describe('What stands around asks on this machine.');
export type Sandbox = z.infer<typeof Sandbox>;
