import type { Limits } from '../../protocol/shapes/clone.js';
import type { BrainLimits, BrainSpec } from '../brains/contract.js';
import type { CloneRecord } from '../store/cloneTable.js';

/** What of it is not the clone's own. */
export interface SpecParts {
  readonly env: BrainSpec['env'];
  readonly sandbox: NonNullable<BrainSpec['sandbox']>;
  readonly aside?: boolean;
}

/** What a clone's process is started with to serve a posture. */
export function specOf(
  clone: CloneRecord,
  posture: BrainSpec['posture'],
  { env, sandbox, aside }: SpecParts,
): BrainSpec {
  return {
    clone: clone.name,
    posture,
    ...(posture === 'ask' && { sandbox }),
    ...(aside && { aside }),
    cwd: clone.cwd,
    env,
    conversation: clone.conversation,
    begun: clone.begun,
    ...(clone.model !== undefined && { model: clone.model }),
    ...(clone.brief !== undefined && { brief: clone.brief }),
    edits: clone.approvals === 'acceptEdits' ? 'accept' : 'ask',
    grants: clone.grants,
    ...(clone.command && { command: clone.command }),
    ...(clone.terminal && { terminal: clone.terminal }),
    limits: limitsOf(clone.limits),
  };
}

/** Those that are its process's. */
function limitsOf({ stallMs, graceMs, memoryMb, cpus, namespace }: Limits): BrainLimits {
  return { stallMs, graceMs, memoryMb, cpus, namespace };
}

/**
 * Whether a process of one spec can serve another of the same posture. `begun`, `grants` and the terminal's settings
 * change while a process lives and it learns of them; the posture is not looked at.
 */
export function sameProcess(a: BrainSpec, b: BrainSpec): boolean {
  const key = ({ begun: _1, grants: _2, posture: _3, terminal: _4, ...rest }: BrainSpec): string =>
    JSON.stringify(rest);
  return key(a) === key(b);
}
