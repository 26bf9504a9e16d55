import type { CloneStatus } from '../../protocol/shapes/clone.js';

/** Where a clone stands: its status, and two more that clients see as `waiting` and `idle`. */
export type CloneState =
  | CloneStatus
  /** A turn in its terminal waits for a human, and nobody is there. */
  | 'asking'
  /** Whoever sat at its terminal ended the program: ready as one at rest is, and with no process. */
  | 'left';

/** What moves a clone from state to state. */
export type CloneStep =
  /** A process is being started, for a task or for somebody who comes to its terminal. */
  | 'start'
  /** The process took a task. */
  | 'take'
  /** The brain waits for a human. */
  | 'wait'
  /** The human has answered. */
  | 'answered'
  /** The turn is over, or nobody is at the terminal, and the process stays. */
  | 'rest'
  /** Somebody is at the terminal, or a turn that was begun there is on. */
  | 'talk'
  /** A turn in its terminal waits for a human, and nobody is there. */
  | 'ask'
  /** It has work, and begins none of it for now. */
  | 'pause'
  /** The program in the terminal was ended by whoever sat there. */
  | 'leave'
  /** A process that an earlier daemon left was taken up. */
  | 'adopt'
  /** A process was taken up that an earlier daemon gave a task, and works on it. */
  | 'ride'
  /** As `ride`, and its brain waits for a human. */
  | 'rideWaiting'
  /** The process is gone. */
  | 'stop'
  /** Its brain failed too often. */
  | 'park'
  /** A human lets it try again. */
  | 'revive'
  | 'retire';

const table: Readonly<Record<CloneState, Partial<Record<CloneStep, CloneState>>>> = {
  off: {
    start: 'starting',
    pause: 'paused',
    adopt: 'idle',
    ride: 'working',
    rideWaiting: 'waiting',
    stop: 'off',
    park: 'failed',
    retire: 'retired',
  },
  starting: {
    start: 'starting',
    take: 'working',
    rest: 'idle',
    talk: 'talking',
    stop: 'off',
    park: 'failed',
    retire: 'retired',
  },
  idle: {
    start: 'starting',
    take: 'working',
    talk: 'talking',
    pause: 'paused',
    leave: 'left',
    stop: 'off',
    park: 'failed',
    retire: 'retired',
  },
  working: { wait: 'waiting', rest: 'idle', stop: 'off', park: 'failed', retire: 'retired' },
  waiting: { answered: 'working', rest: 'idle', stop: 'off', park: 'failed', retire: 'retired' },
  talking: { start: 'starting', ask: 'asking', rest: 'idle', leave: 'left', stop: 'off', retire: 'retired' },
  asking: {
    start: 'starting',
    talk: 'talking',
    rest: 'idle',
    leave: 'left',
    stop: 'off',
    retire: 'retired',
  },
  paused: {
    start: 'starting',
    talk: 'talking',
    pause: 'paused',
    rest: 'idle',
    stop: 'off',
    retire: 'retired',
  },
  left: { start: 'starting', pause: 'paused', stop: 'off', retire: 'retired' },
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

/** What clients see of a state. */
export function statusOf(state: CloneState): CloneStatus {
  switch (state) {
    case 'asking':
      return 'waiting';
    case 'left':
      return 'idle';
    default:
      return state;
  }
}
