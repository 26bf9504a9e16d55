import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Khlone } from '../../../../client/index.js';
import { DaemonZone } from '../../daemon.js';
import { loggedErrors } from '../../daemonLog.js';
import { Random } from '../../random.js';
import { passThrough, strike, wake } from './crashes.js';
import { Day } from './day.js';
import { read, type Reading } from './gauge.js';
import { ask, follow, knock, visit } from './looking.js';
import { answer, enrollDemo, enrollShell, giveCommand, giveWork } from './work.js';

const gaugedDaemon = join(import.meta.dirname, '../gaugedDaemon.mjs');
const demos = 7;
const shells = 3;

/** How a daemon is soaked. */
export interface SoakRequest {
  readonly seed: number;
  /** Of all pauses: 1 is a day in an hour, less is busier. */
  readonly pace: number;
  /** Whether the daemon keeps all that it sends: the control. */
  readonly leak?: boolean;
}

/** How long to be busy. */
export interface BusyRequest {
  readonly ms: number;
  /** How often to look meanwhile, at even distances. */
  readonly readings: number;
  readonly told?: (reading: Reading) => void;
}

/** One daemon with ten clones, which has a day's work as often as it is told. */
export class Soak implements AsyncDisposable {
  /** What was done so far, and how often. */
  readonly done = new Map<string, number>();
  readonly #zone: DaemonZone;
  readonly #khlone: Khlone;
  readonly #clones: readonly string[];
  readonly #random: Random;
  readonly #pace: number;
  readonly #gauge: string;

  private constructor(zone: DaemonZone, khlone: Khlone, made: SoakRequest & { readonly clones: string[] }) {
    this.#zone = zone;
    this.#khlone = khlone;
    this.#clones = made.clones;
    this.#random = new Random(made.seed);
    this.#pace = made.pace;
    this.#gauge = gaugeOf(zone);
  }

  static async begin(request: SoakRequest): Promise<Soak> {
    const zone = new DaemonZone();
    try {
      const { env } = zone.sandbox;
      Object.assign(env, { KHLONE_TEST_GAUGE: gaugeOf(zone), KHLONE_KEEP_TASKS: '500' });
      if (request.leak) env['KHLONE_TEST_LEAK'] = '1';
      const khlone = await zone.connect({ daemonProgram: gaugedDaemon });
      const clones: string[] = [];
      for (let n = 0; n < demos; n++) clones.push((await enrollDemo(khlone, 'mechanic')).name);
      for (let n = 0; n < shells; n++) clones.push((await enrollShell(khlone, 'shell')).name);
      return new Soak(zone, khlone, { ...request, clones });
    } catch (error) {
      await zone[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Has a part of the day, and looks at the memory during it. @throws what nobody expects of such a day */
  async busy({ ms, readings: count, told }: BusyRequest): Promise<Reading[]> {
    const day = new Day({ zone: this.#zone, random: this.#random, pace: this.#pace, done: this.done });
    // The first failure ends it.
    const failed = Promise.all(this.#work(day));
    const readings: Reading[] = [];
    const look = async (): Promise<void> => {
      const from = Date.now();
      for (let n = 1; n <= count; n++) {
        await wait(Math.max(0, from + (n * ms) / count - Date.now()));
        const reading = await read(this.#gauge);
        readings.push(reading);
        told?.(reading);
      }
    };
    try {
      await Promise.race([look(), failed]);
    } finally {
      day.end();
    }
    await failed;
    return readings;
  }

  /** The memory once everybody has left and no clone has a process. */
  async atRest(): Promise<Reading> {
    for (const who of this.#clones) await this.#khlone.clone.hibernate({ who });
    return read(this.#gauge);
  }

  /** Errors in the daemon's log. */
  errors(): string[] {
    return loggedErrors(this.#zone.paths.log);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#zone[Symbol.asyncDispose]();
  }

  /** All that goes on beside each other; pauses are in ms of the pace 1. */
  #work(day: Day): Promise<void>[] {
    const [khlone, clones, random] = [this.#khlone, this.#clones, this.#random];
    const anyone = (): string => random.pick(clones) ?? '';
    const shell = (): string => random.pick(clones.slice(demos)) ?? '';
    const often = (least: number, most: number, work: () => Promise<void> | void): Promise<void> =>
      day.repeat(async () => {
        await day.pause(least, most);
        if (!day.isOver) await work();
      });
    return [
      answer(day, khlone),
      ...clones.slice(0, demos).map((who) => often(2_000, 8_000, () => giveWork(day, khlone, who))),
      ...clones.slice(demos).map((who) => often(2_000, 8_000, () => giveCommand(day, khlone, who))),
      often(1_000, 6_000, () => visit(day, shell())),
      often(1_000, 6_000, () => visit(day, shell())),
      often(5_000, 15_000, () => visit(day, anyone())),
      often(3_000, 10_000, () => knock(day, shell())),
      often(1_000, 6_000, () => follow(day, clones)),
      often(5_000, 15_000, () => ask(day, khlone, anyone())),
      often(10_000, 30_000, () => strike(day)),
      often(8_000, 20_000, () => passThrough(day, khlone)),
      often(10_000, 20_000, () => wake(day, khlone)),
    ];
  }
}

const gaugeOf = ({ sandbox }: DaemonZone): string => join(sandbox.folder, 'gauge');
