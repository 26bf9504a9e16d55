import { fail } from '../../protocol/fail.js';
import type { EventLog } from '../events/log.js';
import type { Disposable } from '../lifecycle.js';

/** Lets callers wait for the end of tasks. */
export class TaskEnds implements Disposable {
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #listening: Disposable;

  constructor(log: EventLog) {
    this.#listening = log.onPublished((events) => {
      for (const event of events) {
        if (event.type === 'task.finished') for (const tell of this.#waiting.get(event.task) ?? []) tell();
      }
    });
  }

  /**
   * Resolves when the task has ended.
   * @throws waitTimeout, and the signal's reason when it aborts
   */
  async wait(
    task: string,
    how: { readonly signal: AbortSignal; readonly timeoutMs?: number | undefined },
  ): Promise<void> {
    const { signal, timeoutMs } = how;
    signal.throwIfAborted();
    let timer: NodeJS.Timeout | undefined;
    let tell = (): void => {};
    let abort = (): void => {};
    try {
      await new Promise<void>((resolve, reject) => {
        tell = resolve;
        abort = () => reject(signal.reason as Error);
        signal.addEventListener('abort', abort, { once: true });
        const set = this.#waiting.get(task) ?? new Set();
        this.#waiting.set(task, set.add(tell));
        if (timeoutMs !== undefined) {
          timer = setTimeout(() => reject(fail('waitTimeout', { task, timeoutMs })), timeoutMs);
        }
      });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      const set = this.#waiting.get(task);
      set?.delete(tell);
      if (set?.size === 0) this.#waiting.delete(task);
    }
  }

  dispose(): void {
    this.#listening.dispose();
    this.#waiting.clear();
  }
}
