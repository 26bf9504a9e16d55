import type { BrainLimits } from '../contract.js';

/** How long a brain may take over each step before it is helped along. All in milliseconds. */
export interface Deadlines {
  /** From the send until the brain took the turn up; then it is started anew, once. */
  readonly acceptMs: number;
  /** From the last message until the `result` line; hooks of the user run in between. */
  readonly resultMs: number;
  /** Silence in mid-turn with no tool running and nobody asked. */
  readonly silenceMs: number;
  /** From an interrupt until the turn has ended. */
  readonly interruptMs: number;
  /** From the end of stdin until the process has ended by itself. */
  readonly closeMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
}

/** How many times as long a brain may be silent while a tool of its runs, whose own time limit comes first. */
export const toolPatience = 6;

/** How long a brain may always take to take up its turn, in ms: it may have to start first. */
const leastAcceptMs = 10_000;

/** The deadlines of one clone. */
export function deadlinesOf(common: Deadlines, { stallMs, graceMs }: BrainLimits = {}): Deadlines {
  return {
    ...common,
    // Whoever allows less silence than usual allows it nowhere; only to start takes its time.
    ...(stallMs !== undefined && {
      silenceMs: stallMs,
      resultMs: Math.min(common.resultMs, stallMs),
      acceptMs: Math.min(common.acceptMs, Math.max(stallMs, leastAcceptMs)),
    }),
    ...(graceMs !== undefined && { graceMs }),
  };
}

/** Generous: each backs a fault, none should cut an honest brain short. */
export const defaultDeadlines: Deadlines = {
  acceptMs: 120_000,
  resultMs: 180_000,
  silenceMs: 600_000,
  interruptMs: 10_000,
  closeMs: 3_000,
  graceMs: 5_000,
};
