import type { CloneStatus } from '../../protocol/shapes/clone.js';

/** The states a dispatched clone passes through. */
export type CloneState = Exclude<CloneStatus, 'talking'>;

/** What moves a clone from state to state. */
export type CloneStep =
  /** A process is being started for a task. */
  | 'start'
  /** The process took a task. */
  | 'take'
  /** The brain waits for a human. */
  | 'wait'
  /** The human has answered. */
  | 'answered'
  /** The turn is over and the process stays warm. */
  | 'rest'
  /** The process is gone. */
  | 'stop'
  /** Its brain failed too often. */
  | 'park'
  /** A human lets it try again. */
  | 'revive'
  | 'retire';

const table: Readonly<Record<CloneState, Partial<Record<CloneStep, CloneState>>>> = {
  off: { start: 'starting', stop: 'off', park: 'failed', retire: 'retired' },
  starting: {
    start: 'starting',
    take: 'working',
    rest: 'idle',
    stop: 'off',
    park: 'failed',
    retire: 'retired',
  },
  idle: { start: 'starting', take: 'working', stop: 'off', park: 'failed', retire: 'retired' },
  working: { wait: 'waiting', rest: 'idle', stop: 'off', park: 'failed', retire: 'retired' },
  waiting: { answered: 'working', rest: 'idle', stop: 'off', park: 'failed', retire: 'retired' },
  failed: { revive: 'off', stop: 'failed', retire: 'retired' },
  retired: { stop: 'retired' },
};

/**
 * The state after a step.
 * @throws when the table has no such step: a defect of the daemon, never of a caller.
 */
export function nextCloneState(from: CloneState, step: CloneStep): CloneState {
  const to = table[from][step];
  if (to === undefined) throw new Error(`a clone that is ${from} cannot ${step}`);
  return to;
}
