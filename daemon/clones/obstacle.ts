import type { KhloneError } from '../../protocol/error.js';
import { fail } from '../../protocol/fail.js';
import type { TaskKind } from '../../protocol/shapes/task.js';
import type { BrainCapabilities } from '../brains/contract.js';
import type { CloneRecord } from '../store/cloneTable.js';
import { cloneFailed } from './ends.js';

/** What may keep a clone from something. */
export interface Hindered {
  readonly record: CloneRecord;
  readonly capabilities: BrainCapabilities;
  /** Variables that it needs and the daemon no longer holds. */
  readonly missing: readonly string[];
}

/** Why a clone cannot take a task of this kind, an aside, or be talked to, now or later, if so. */
export function obstacleOf(
  kind: TaskKind | 'talk' | 'aside',
  { record, capabilities, missing: names }: Hindered,
): KhloneError | undefined {
  const { name: clone, failure, brain, readOnly } = record;
  const { dispatch, ask, talk, fork } = capabilities;
  if (record.retiredAt !== undefined) return fail('cloneRetired', { clone });
  if (failure) return cloneFailed(clone, failure);
  if (!{ act: dispatch, ask, talk, aside: fork }[kind]) {
    return fail('capabilityMissing', { brain, capability: kind === 'aside' ? 'fork' : kind });
  }
  if (readOnly && (kind === 'act' || kind === 'talk')) return fail('cloneReadOnly', { clone });
  if (names.length === 0) return undefined;
  const command = ['khlone update', clone, ...names.map((name) => `--env ${name}`)].join(' ');
  return fail('environmentMissing', { clone, names: [...names], command });
}

/** The one kind of task that a clone can do, if there is only one: in a pool there may be what others can do and it cannot. */
export function onlyKind(
  { readOnly }: Pick<CloneRecord, 'readOnly'>,
  { ask }: BrainCapabilities,
): TaskKind | undefined {
  return readOnly ? 'ask' : ask ? undefined : 'act';
}
