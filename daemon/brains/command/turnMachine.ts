import type { CommandTiming } from './timing.js';

/** Where a program in a terminal stands. */
export type CommandState =
  /** It was started, or taken up from an earlier daemon, and no turn is on. */
  | 'opening'
  /** It was taken up from an earlier daemon in mid-turn; its screen is drawn anew. */
  | 'returning'
  /** A turn waits for it to be ready for its first input. */
  | 'waiting'
  /** It can be typed into. */
  | 'ready'
  /** The screen is asked what is on it before anything is typed. */
  | 'marking'
  /** The text was typed, its echo is due. */
  | 'typing'
  /** Enter was pressed. */
  | 'running'
  /** The turn is over; the screen is asked what it gained. */
  | 'reading'
  /** Ctrl-C was pressed. */
  | 'interrupting'
  /** As `reading`, of a turn that was interrupted. */
  | 'stopping'
  /** It said nothing for too long; the screen is asked what it gained, and then it is ended. */
  | 'stalled'
  /** The program ended in a turn; the screen is asked what it gained. */
  | 'dying'
  /** It is being ended in a turn; how that ends is settled. */
  | 'ending'
  /** It is being ended at rest. */
  | 'closing'
  | 'ended';

/** What happens to it. */
export type CommandEvent =
  | 'send'
  /** The screen shows what there was to see. */
  | 'drawn'
  /** The earlier daemon has not typed the text. */
  | 'leftUntyped'
  /** It has typed the text, and not pressed Enter. */
  | 'leftTyped'
  /** It has pressed Enter. */
  | 'leftEntered'
  /** It has pressed Ctrl-C. */
  | 'leftInterrupted'
  /** Nobody knows which of it. */
  | 'doubted'
  /** It waits for its first input. */
  | 'settled'
  /** What is on the screen is known. */
  | 'marked'
  /** The text is on the screen, or never will be. */
  | 'echoed'
  /** It does not take what is typed. */
  | 'refused'
  /** It waits for input again. */
  | 'rested'
  /** What the screen gained is known. */
  | 'gained'
  | 'interrupt'
  | 'kill'
  /** The state's deadline passed. */
  | 'late'
  /** Nothing was printed for as long as its clone allows. */
  | 'silent'
  | 'died';

/** What is done about it, in order; `finish…` comes last, because its listeners may begin the next turn. */
export type CommandAction =
  | 'goOn'
  | 'mark'
  | 'type'
  | 'pressEnter'
  | 'pressInterrupt'
  | 'tellAccepted'
  | 'read'
  | 'endProgram'
  | 'bury'
  | 'finishDone'
  | 'finishInterrupted'
  | 'finishEnded'
  | 'finishRefused'
  | 'finishDoubted'
  | 'finishByExit'
  | 'finishDeadSoon';

interface Row {
  readonly to: CommandState;
  readonly run?: readonly CommandAction[];
}

/** The whole life of a program in a terminal. An event that a state has no row for is passed over. */
export const commandTable: Readonly<Record<CommandState, Readonly<Partial<Record<CommandEvent, Row>>>>> = {
  opening: {
    send: { to: 'waiting' },
    settled: { to: 'ready' },
    late: { to: 'ready' },
    kill: { to: 'closing', run: ['endProgram'] },
    died: { to: 'ended', run: ['bury'] },
  },
  returning: {
    drawn: { to: 'returning', run: ['goOn'] },
    late: { to: 'returning', run: ['goOn'] },
    leftUntyped: { to: 'marking', run: ['mark'] },
    leftTyped: { to: 'typing' },
    leftEntered: { to: 'running' },
    leftInterrupted: { to: 'interrupting' },
    doubted: { to: 'opening', run: ['finishDoubted'] },
    kill: { to: 'ending', run: ['endProgram'] },
    died: { to: 'dying', run: ['read'] },
  },
  waiting: {
    settled: { to: 'marking', run: ['mark'] },
    late: { to: 'marking', run: ['mark'] },
    interrupt: { to: 'opening', run: ['finishInterrupted'] },
    kill: { to: 'ending', run: ['endProgram'] },
    died: { to: 'dying', run: ['read'] },
  },
  ready: {
    send: { to: 'marking', run: ['mark'] },
    kill: { to: 'closing', run: ['endProgram'] },
    died: { to: 'ended', run: ['bury'] },
  },
  marking: {
    marked: { to: 'typing', run: ['type'] },
    late: { to: 'typing', run: ['type'] },
    interrupt: { to: 'ready', run: ['finishInterrupted'] },
    kill: { to: 'ending', run: ['endProgram'] },
    died: { to: 'dying', run: ['read'] },
  },
  typing: {
    echoed: { to: 'running', run: ['tellAccepted', 'pressEnter'] },
    refused: { to: 'ready', run: ['finishRefused'] },
    interrupt: { to: 'interrupting', run: ['tellAccepted', 'pressInterrupt'] },
    kill: { to: 'ending', run: ['endProgram'] },
    died: { to: 'dying', run: ['read'] },
  },
  running: {
    rested: { to: 'reading', run: ['read'] },
    silent: { to: 'stalled', run: ['read'] },
    refused: { to: 'ready', run: ['finishRefused'] },
    interrupt: { to: 'interrupting', run: ['pressInterrupt'] },
    kill: { to: 'ending', run: ['endProgram'] },
    died: { to: 'dying', run: ['read'] },
  },
  reading: {
    gained: { to: 'ready', run: ['finishDone'] },
    late: { to: 'ready', run: ['finishDone'] },
    kill: { to: 'ending', run: ['endProgram'] },
    died: { to: 'dying' },
  },
  interrupting: {
    rested: { to: 'stopping', run: ['read'] },
    late: { to: 'stopping', run: ['read'] },
    kill: { to: 'ending', run: ['endProgram'] },
    died: { to: 'dying', run: ['read'] },
  },
  stopping: {
    gained: { to: 'ready', run: ['finishInterrupted'] },
    late: { to: 'ready', run: ['finishInterrupted'] },
    kill: { to: 'ending', run: ['endProgram'] },
    died: { to: 'dying' },
  },
  stalled: {
    gained: { to: 'ending', run: ['endProgram'] },
    late: { to: 'ending', run: ['endProgram'] },
    kill: { to: 'ending', run: ['endProgram'] },
    died: { to: 'dying' },
  },
  dying: {
    gained: { to: 'ended', run: ['bury', 'finishByExit'] },
    late: { to: 'ended', run: ['bury', 'finishByExit'] },
  },
  ending: {
    died: { to: 'ended', run: ['bury', 'finishEnded'] },
  },
  closing: {
    send: { to: 'ending' },
    died: { to: 'ended', run: ['bury'] },
  },
  ended: {
    send: { to: 'ended', run: ['finishDeadSoon'] },
  },
};

/** The deadline that runs while it stands somewhere. */
export const deadlineOf: Readonly<Partial<Record<CommandState, keyof CommandTiming>>> = {
  opening: 'readyMs',
  returning: 'drawMs',
  waiting: 'readyMs',
  marking: 'screenMs',
  reading: 'screenMs',
  interrupting: 'interruptMs',
  stopping: 'screenMs',
  stalled: 'screenMs',
  dying: 'screenMs',
};
