import type { TaskKind } from '../../protocol/shapes/task.js';
import type { BrainSpec } from '../brains/contract.js';
import type { CloneRecord } from '../store/cloneTable.js';

/** What a clone's process is started with for a kind of task. */
export function specOf(clone: CloneRecord, kind: TaskKind, env: Readonly<Record<string, string>>): BrainSpec {
  return {
    clone: clone.name,
    posture: kind,
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
 * Whether a warm process may take a task of this spec. `begun` and `grants` change while a process
 * lives and it knows of both.
 */
export function sameProcess(a: BrainSpec, b: BrainSpec): boolean {
  const key = ({ begun: _begun, grants: _grants, ...rest }: BrainSpec): string => JSON.stringify(rest);
  return key(a) === key(b);
}
