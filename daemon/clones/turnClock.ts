import type { Approval } from '../../protocol/shapes/approval.js';
import { Alarm } from './alarm.js';

/** Counts how long a brain works at a turn: while it waits for a human, the clock stands. */
export class TurnClock {
  readonly #alarm = new Alarm();
  readonly #late: () => void;
  #leftMs: number;
  #runsSince: number | undefined;

  /** `late` is called once so much time was worked. */
  constructor(limitMs: number, late: () => void) {
    this.#leftMs = Math.max(0, limitMs);
    this.#late = late;
    this.run();
  }

  run(): void {
    if (this.#runsSince !== undefined) return;
    this.#runsSince = performance.now();
    this.#alarm.set(this.#leftMs, this.#late);
  }

  stand(): void {
    if (this.#runsSince === undefined) return;
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#runsSince));
    this.#runsSince = undefined;
    this.#alarm.clear();
  }
}

/** How long a brain has worked from `since` up to `now`, all in ms: without the time in which it waited for a human. */
export function workedMs(since: number, now: number, asked: readonly Approval[]): number {
  const waits = asked
    .map(({ requestedAt, resolvedAt }) => ({
      from: Math.max(since, Date.parse(requestedAt)),
      to: resolvedAt === undefined ? now : Math.min(now, Date.parse(resolvedAt)),
    }))
    .sort((one, other) => one.from - other.from);
  let worked = 0;
  let at = since;
  for (const { from, to } of waits) {
    worked += Math.max(0, from - at);
    at = Math.max(at, to);
  }
  return worked + Math.max(0, now - at);
}
