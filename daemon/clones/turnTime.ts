import { fail } from '../../protocol/fail.js';
import type { Limits } from '../../protocol/shapes/clone.js';
import type { TaskRecord } from '../store/taskTable.js';
import { Alarm } from './alarm.js';
import type { TurnStop } from './turn.js';
import { TurnClock } from './turnClock.js';

/** What the time of a turn is measured by. */
export interface TurnTimeParts {
  readonly task: Pick<TaskRecord, 'timeoutMs'>;
  readonly limits: Limits;
  /** How much is over already, where an earlier daemon began it: of the task's time, and of that at work, in ms. */
  readonly past?: { readonly all: number; readonly worked: number };
  /** Ends the turn. */
  readonly stop: (stop: TurnStop) => void;
}

/** The time that a turn may take: in all, and at work. */
export class TurnTime {
  /** Counts the work; missing where that has no limit. */
  readonly clock: TurnClock | undefined;
  readonly #whole = new Alarm();

  constructor({ task, limits, past = { all: 0, worked: 0 }, stop }: TurnTimeParts) {
    const { maxTurnMs } = limits;
    const late = (): void =>
      stop({ step: 'fail', error: fail('turnTooLong', { maxTurnMs: maxTurnMs ?? 0 }) });
    this.clock = maxTurnMs === undefined ? undefined : new TurnClock(maxTurnMs - past.worked, late);
    const timeoutMs = task.timeoutMs ?? limits.taskTimeoutMs;
    if (timeoutMs === undefined) return;
    this.#whole.set(Math.max(0, timeoutMs - past.all), () =>
      stop({ step: 'fail', error: fail('taskTimeout', { timeoutMs }) }),
    );
  }

  /** The turn is over, or is left to another daemon. */
  end(): void {
    this.#whole.clear();
    this.clock?.stand();
  }
}
