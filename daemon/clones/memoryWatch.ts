import type { Event } from '../../protocol/shapes/event.js';
import type { EventLog } from '../events/log.js';
import { DisposableStore, onUnexpectedError, type Disposable } from '../lifecycle.js';
import type { MemoryReading } from '../memory/available.js';
import { isShort, type LowMemory } from '../memory/lowMemory.js';
import { Alarm } from './alarm.js';
import type { CloneRunner } from './runner.js';

/** Between two looks while a process is at rest, in ms. */
const everyMs = 10_000;

/** What a memory watch works with. */
export interface MemoryWatchParts {
  readonly log: EventLog;
  readonly runners: () => readonly CloneRunner[];
  readonly read: () => Promise<MemoryReading | undefined>;
  readonly low: LowMemory;
  /** A process was given back. */
  readonly gaveBack: (clone: string, reading: MemoryReading) => void;
}

/**
 * Gives processes at rest back when memory is short, the least recently used first. It looks only while there is one to
 * give back: a daemon with nothing at rest does nothing.
 */
export class MemoryWatch implements Disposable {
  readonly #parts: MemoryWatchParts;
  readonly #held = new DisposableStore();
  readonly #alarm = new Alarm();
  #watching = false;
  #over = false;

  constructor(parts: MemoryWatchParts) {
    this.#parts = parts;
    if (parts.low.kind === 'never') return;
    this.#held.add(
      parts.log.onPublished((news) => {
        if (news.some(isRest)) this.#watch();
      }),
    );
  }

  dispose(): void {
    this.#over = true;
    this.#held.dispose();
    this.#alarm.clear();
  }

  #watch(): void {
    if (this.#watching || this.#over) return;
    this.#watching = true;
    this.#alarm.set(everyMs, () => {
      void this.#look()
        .catch(onUnexpectedError)
        .finally(() => {
          this.#watching = false;
          // One that is at work now tells when it rests.
          if (this.#next()) this.#watch();
        });
    });
  }

  async #look(): Promise<void> {
    const { read, low, gaveBack } = this.#parts;
    while (!this.#over && this.#next()) {
      const reading = await read();
      if (!reading || !isShort(reading, low)) return;
      // Asked anew: a task may have come while it was read.
      const runner = this.#next();
      if (!runner || this.#over) return;
      await runner.giveBack('memory');
      gaveBack(runner.record.name, reading);
    }
  }

  /** Whose process is to be given back first. */
  #next(): CloneRunner | undefined {
    return this.#parts
      .runners()
      .filter((runner) => runner.restful)
      .reduce<CloneRunner | undefined>(
        (least, each) => (least && least.record.usedAt <= each.record.usedAt ? least : each),
        undefined,
      );
  }
}

/** Whether a clone has come to rest with its process, for want of work or because it is to wait. */
function isRest(event: Event): boolean {
  return event.type === 'clone.status' && (event.status === 'idle' || event.status === 'paused');
}
