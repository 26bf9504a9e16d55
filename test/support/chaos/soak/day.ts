import { setMaxListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, type ErrorKind, type Khlone, KhloneError } from '../../../../client/index.js';
import { daemonProgram, type DaemonZone } from '../../daemon.js';
import type { Random } from '../../random.js';

/** Failures that a day's work meets where brains are killed, clones retired and terminals taken meanwhile. */
const expected: ReadonlySet<string> = new Set<ErrorKind>([
  'approvalResolved',
  'brainDied',
  'brainError',
  'capabilityMissing',
  'cancelled',
  'cloneBusy',
  'cloneFailed',
  'cloneNotFound',
  'cloneRetired',
  'connectionLost',
  'inputFull',
  'invalidParams',
  'methodNotFound',
  'noTerminal',
  'streamEnded',
  'streamNotFound',
  'streamTaken',
  'taskFinished',
  'taskNotFound',
  'taskNotRetryable',
  'waitTimeout',
]);

/** What a day is made of. */
export interface DayParts {
  readonly zone: DaemonZone;
  readonly random: Random;
  /** Of all pauses: 1 is a day in an hour, less is busier. */
  readonly pace: number;
  /** What was done, and how often: this goes on counting. */
  readonly done: Map<string, number>;
}

/** A busy day of a zone: what those who take part in it share. */
export class Day {
  readonly zone: DaemonZone;
  readonly random: Random;
  readonly #done: Map<string, number>;
  readonly #pace: number;
  readonly #over = new AbortController();

  constructor({ zone, random, pace, done }: DayParts) {
    this.zone = zone;
    this.random = random;
    this.#pace = pace;
    this.#done = done;
    setMaxListeners(0, this.#over.signal);
  }

  /** Whether it is over; what goes on then comes to its end. */
  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  end(): void {
    this.#over.abort();
  }

  /** Calls back once the day is over, unless it is disposed before. */
  whenOver(work: () => void): Disposable {
    const { signal } = this.#over;
    if (signal.aborted) work();
    else signal.addEventListener('abort', work, { once: true });
    return { [Symbol.dispose]: () => signal.removeEventListener('abort', work) };
  }

  count(what: string, by = 1): void {
    this.#done.set(what, (this.#done.get(what) ?? 0) + by);
  }

  /** Rests for some time in between, in ms of the pace 1; less where the day ends. */
  async pause(leastMs: number, mostMs: number): Promise<void> {
    const { signal } = this.#over;
    await wait(this.random.between(leastMs, mostMs) * this.#pace, undefined, { signal }).catch(() => {});
  }

  /** Does it again and again until the day is over. */
  async repeat(work: () => Promise<void>): Promise<void> {
    while (!this.isOver) await work();
  }

  /** Does and counts it; a failure that such a day brings is counted by its kind. @throws all other failures */
  async try<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await work();
      this.count(what);
      return result;
    } catch (error) {
      const kind = kindOf(error);
      if (kind === undefined || !expected.has(kind)) throw error;
      this.count(`refused: ${kind}`);
      return undefined;
    }
  }

  /** A client of its own, for whoever comes and leaves. It starts no daemon. */
  async client(): Promise<Khlone> {
    const { root, sandbox } = this.zone;
    this.count('clients');
    return connect({ zone: root, env: sandbox.env, daemonProgram, autoStart: false });
  }
}

/** The kind of a failure, as the client or the bare wire has it. */
function kindOf(error: unknown): string | undefined {
  if (error instanceof KhloneError) return error.kind;
  const kind: unknown = (error as { kind?: unknown } | undefined)?.kind;
  return typeof kind === 'string' ? kind : undefined;
}
