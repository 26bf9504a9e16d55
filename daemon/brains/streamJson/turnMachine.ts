import type { Deadlines } from './deadlines.js';

/** Where a brain stands. */
export type BrainState =
  /** A process is up and no turn is on. */
  | 'idle'
  /** A turn waits for the process to be ready for it. */
  | 'starting'
  /** The turn's line was written, the brain has not taken it up. */
  | 'sent'
  | 'running'
  /** The last message is complete, its `result` is due. */
  | 'concluding'
  /** The brain was asked to end the turn. */
  | 'interrupting'
  /** The process is being replaced by another one on the same conversation. */
  | 'renewing'
  /** The process is being ended; how the turn ends is settled. */
  | 'ending'
  /** The process was asked to end at rest. */
  | 'closing'
  /** Nothing runs any more. */
  | 'ended';

/** What happens to a brain. */
export type BrainEvent =
  | 'send'
  /** The process answers: it has its hooks and can be given a turn. */
  | 'ready'
  | 'accepted'
  | 'concluded'
  | 'resumed'
  | 'result'
  | 'interrupt'
  | 'kill'
  /** The state's deadline passed. */
  | 'late'
  /** The accept deadline passed for the first time: nothing was begun, so another process may try. */
  | 'untaken'
  /** The process ended for a reason that another one mends, and nothing was begun. */
  | 'lost'
  /** The process ended. */
  | 'died'
  /** Where the turn begins could not be written down, so that it was not begun. */
  | 'unnoted'
  /** An earlier daemon left it, and nobody knows whether the turn's line has reached it. */
  | 'doubted'
  /** The other process is up; a turn waits. */
  | 'spawned'
  /** The other process is up; no turn waits. */
  | 'restored';

/** What is done about it, in order; `finish…` comes last, because its listeners may begin the next turn. */
export type BrainAction =
  | 'offerTurn'
  | 'writeTurn'
  | 'tellAccepted'
  | 'askInterrupt'
  | 'renew'
  | 'closeInput'
  | 'endProcess'
  | 'settleInterrupted'
  | 'settleSpoken'
  | 'settleNoResult'
  | 'settleSilent'
  | 'settleUntaken'
  | 'settleUnnoted'
  | 'settleDoubted'
  | 'finishByResult'
  /** By the result of a turn that was asked to end. */
  | 'finishStopped'
  | 'finishSettled'
  | 'finishInterrupted'
  | 'finishNoResult'
  | 'finishDead'
  | 'finishDeadSoon'
  | 'bury';

interface Row {
  readonly to: BrainState;
  readonly run?: readonly BrainAction[];
}

/** The whole life of a brain. An event that a state has no row for is passed over. */
export const brainTable: Readonly<Record<BrainState, Readonly<Partial<Record<BrainEvent, Row>>>>> = {
  idle: {
    send: { to: 'starting', run: ['offerTurn'] },
    kill: { to: 'closing', run: ['closeInput'] },
    lost: { to: 'renewing', run: ['renew'] },
    died: { to: 'ended', run: ['bury'] },
  },
  starting: {
    ready: { to: 'sent', run: ['writeTurn'] },
    interrupt: { to: 'idle', run: ['finishInterrupted'] },
    kill: { to: 'ending', run: ['settleInterrupted', 'endProcess'] },
    untaken: { to: 'renewing', run: ['renew'] },
    late: { to: 'ending', run: ['settleUntaken', 'endProcess'] },
    lost: { to: 'renewing', run: ['renew'] },
    died: { to: 'ended', run: ['bury', 'finishDead'] },
  },
  sent: {
    accepted: { to: 'running', run: ['tellAccepted'] },
    unnoted: { to: 'idle', run: ['settleUnnoted', 'finishSettled'] },
    doubted: { to: 'ending', run: ['settleDoubted', 'endProcess'] },
    interrupt: { to: 'interrupting', run: ['askInterrupt'] },
    kill: { to: 'ending', run: ['settleInterrupted', 'endProcess'] },
    untaken: { to: 'renewing', run: ['renew'] },
    late: { to: 'ending', run: ['settleUntaken', 'endProcess'] },
    lost: { to: 'renewing', run: ['renew'] },
    died: { to: 'ended', run: ['bury', 'finishDead'] },
  },
  running: {
    concluded: { to: 'concluding' },
    result: { to: 'idle', run: ['finishByResult'] },
    interrupt: { to: 'interrupting', run: ['askInterrupt'] },
    kill: { to: 'ending', run: ['settleInterrupted', 'endProcess'] },
    late: { to: 'ending', run: ['settleSilent', 'endProcess'] },
    died: { to: 'ended', run: ['bury', 'finishDead'] },
  },
  concluding: {
    resumed: { to: 'running' },
    result: { to: 'idle', run: ['finishByResult'] },
    interrupt: { to: 'interrupting', run: ['askInterrupt'] },
    kill: { to: 'ending', run: ['settleSpoken', 'endProcess'] },
    late: { to: 'ending', run: ['settleNoResult', 'endProcess'] },
    died: { to: 'ended', run: ['bury', 'finishNoResult'] },
  },
  interrupting: {
    // An interrupt that overtook the turn's start found nothing to end.
    accepted: { to: 'interrupting', run: ['tellAccepted', 'askInterrupt'] },
    result: { to: 'idle', run: ['finishStopped'] },
    kill: { to: 'ending', run: ['settleInterrupted', 'endProcess'] },
    late: { to: 'ending', run: ['settleInterrupted', 'endProcess'] },
    lost: { to: 'ended', run: ['bury', 'finishInterrupted'] },
    died: { to: 'ended', run: ['bury', 'finishInterrupted'] },
  },
  renewing: {
    send: { to: 'renewing' },
    interrupt: { to: 'ending', run: ['settleInterrupted'] },
    kill: { to: 'ending', run: ['settleInterrupted'] },
    spawned: { to: 'starting', run: ['offerTurn'] },
    restored: { to: 'idle' },
    died: { to: 'ended', run: ['bury', 'finishDead'] },
  },
  ending: {
    lost: { to: 'ended', run: ['bury', 'finishSettled'] },
    died: { to: 'ended', run: ['bury', 'finishSettled'] },
  },
  closing: {
    send: { to: 'ending', run: ['settleInterrupted', 'endProcess'] },
    late: { to: 'closing', run: ['endProcess'] },
    lost: { to: 'ended', run: ['bury'] },
    died: { to: 'ended', run: ['bury'] },
  },
  ended: {
    send: { to: 'ended', run: ['finishDeadSoon'] },
  },
};

/** The deadline that runs while a brain stands somewhere. */
export const deadlineOf: Readonly<Partial<Record<BrainState, keyof Deadlines>>> = {
  starting: 'acceptMs',
  sent: 'acceptMs',
  running: 'silenceMs',
  concluding: 'resultMs',
  interrupting: 'interruptMs',
  closing: 'closeMs',
};
