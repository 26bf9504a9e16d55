import type { BrainSpec } from '../brains/contract.js';
import type { CloneRecord } from '../store/cloneTable.js';

/** What a clone's process is started with to serve a posture. */
export function specOf(
  clone: CloneRecord,
  posture: BrainSpec['posture'],
  env: Readonly<Record<string, string>>,
): BrainSpec {
  return {
    clone: clone.name,
    posture,
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
  };
}

/**
 * Whether a process of one spec can serve another of the same posture. `begun` and `grants` change while a process
 * lives and it knows of both; the posture is not looked at.
 */
export function sameProcess(a: BrainSpec, b: BrainSpec): boolean {
  const key = ({ begun: _begun, grants: _grants, posture: _posture, ...rest }: BrainSpec): string =>
    JSON.stringify(rest);
  return key(a) === key(b);
}
