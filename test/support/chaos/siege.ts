import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Event, KhloneError, type Khlone, type Task } from '../../../client/index.js';
import { type DaemonZone, daemonProgram } from '../daemon.js';
import { loggedErrors } from '../daemonLog.js';
import { history } from '../events.js';
import { holderProgram } from '../holders.js';
import { Ledger } from '../ledger.js';
import { isAlive } from '../processes.js';
import type { Random } from '../random.js';
import { Once } from './once.js';

const clientCount = 3;
const maxClones = 40;
/** Queues grow as long as rounds go on, and whoever waits for their last tasks waits for good. */
const longestWaitMs = 20_000;

/** The clone whose brain hangs; it is given nothing else. */
const hanging = 'worker.1';

/** What a call may come to while its daemon is killed or others are quicker. */
const expected: ReadonlySet<string> = new Set([
  'connectionLost',
  'daemonUnreachable',
  'cancelled',
  'taskFinished',
  'waitTimeout',
  'approvalResolved',
  'approvalNotFound',
]);

const words = [
  'Say hello',
  'Say hello; remember the milk',
  'slow 40',
  'write note.txt hello',
  'ask Which one? left | right',
  'fail',
] as const;

/** How a siege is laid. */
export interface SiegeOptions {
  /** The daemon that is started, and started again. */
  readonly program?: string;
  /** How long what a killed daemon left may be seen, in ms. */
  readonly patienceMs?: number;
}

/** What is checked again and again while a daemon is killed under several clients. */
export class Siege {
  readonly ledger = new Ledger();
  readonly #zone: DaemonZone;
  readonly #random: Random;
  readonly #clients: readonly Khlone[];
  readonly #patienceMs: number;
  readonly #once = new Once();
  /** The newest event when the last round began. */
  #checked: Event['cursor'] | 'start' = 'start';
  /** Processes that killed daemons had started. */
  #brains = 0;
  #receipts = 0;
  #over = false;
  /** What became of a wait that went on beside the rounds. */
  #failure: Error | undefined;

  private constructor(zone: DaemonZone, random: Random, parts: { clients: Khlone[]; patienceMs: number }) {
    this.#zone = zone;
    this.#random = random;
    this.#clients = parts.clients;
    this.#patienceMs = parts.patienceMs;
  }

  /** Starts the daemon, and enrolls the first clones. */
  static async lay(
    zone: DaemonZone,
    random: Random,
    { program = daemonProgram, patienceMs = 60_000 }: SiegeOptions = {},
  ): Promise<Siege> {
    const connect = (): Promise<Khlone> => zone.connect({ daemonProgram: program });
    const clients = await Promise.all(Array.from({ length: clientCount }, connect));
    const siege = new Siege(zone, random, { clients, patienceMs });
    for (const name of [hanging, 'worker.2', 'worker.3']) await siege.#enroll(name);
    return siege;
  }

  /** Kills the daemon once, and looks at what the next one knows. */
  async round(): Promise<void> {
    await this.#assault();
    await this.#inspect();
    if (this.#failure) throw this.#failure;
  }

  get #first(): Khlone {
    const [first] = this.#clients;
    if (first === undefined) throw new Error('a siege needs clients');
    return first;
  }

  async #enroll(name: string): Promise<void> {
    const entry = this.ledger.enroll({ role: 'worker', name, brain: 'demo' });
    entry.receipt = (await this.#first.clone.enroll(entry.params)).name;
  }

  /** Loads the daemon until some receipts are out, and kills it while the others are on their way. */
  async #assault(): Promise<void> {
    const { daemon } = await this.#first.daemon.status();
    const enough = this.#random.between(1, 30);
    // As at the end of the machine; else what runs outlives its daemon.
    const withAll = this.#random.next() < 0.3;
    this.#receipts = 0;
    this.#over = false;
    const counted = () => {
      this.#receipts += 1;
      if (this.#receipts !== enough) return;
      this.#over = true;
      this.#brains += this.#zone.brains().length;
      process.kill(daemon.pid, 'SIGKILL');
      if (withAll)
        for (const { pid } of this.#zone.processes()) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    };
    // A brain that does not end of itself when its daemon is gone.
    const hang = this.ledger.act(hanging, 'hang');
    hang.receipt = (await this.#first.clone.act(hang.params)).id;
    await Promise.all(
      this.#clients.flatMap((client) => [this.#load(client, counted), this.#load(client, counted)]),
    );
    expect(this.#over).toBe(true);
    // A client learns of the loss with its next call at the latest, and may meet a daemon that is just dying.
    await Promise.all(
      this.#clients.map(async (client) => {
        while ((await unlessLost(client.ping())) === undefined);
      }),
    );
  }

  /** Holds what clients have seen against a daemon that has just begun. */
  async #inspect(): Promise<void> {
    const client = this.#first;
    await this.#resend(client);
    const { daemon } = await client.daemon.status();
    await this.#expectSwept(daemon.pid);

    for (const [id, seen] of this.ledger.ended) {
      expect(await client.task.get({ task: id })).toEqual(seen);
    }
    this.ledger.ended.clear();
    const { approvals } = await client.approval.list({
      status: ['pending', 'allowed', 'denied', 'expired', 'withdrawn'],
      limit: 200,
    });
    for (const [id, seen] of this.ledger.answered) {
      expect(approvals.find((approval) => approval.id === id)).toEqual(seen);
    }
    this.ledger.answered.clear();

    const stored = await history(client, this.#checked);
    expectUnbroken(stored);
    this.#once.check(stored);
    const bySeq = new Map(stored.map((event) => [event.cursor.seq, event]));
    const from = this.#checked === 'start' ? 0 : this.#checked.seq;
    for (let at = this.ledger.events.length - 1; at >= 0; at--) {
      const seen = this.ledger.events[at];
      if (seen === undefined || seen.cursor.seq <= from) break;
      // The reader may be ahead of what this client has read.
      if (seen.cursor.seq <= (stored.at(-1)?.cursor.seq ?? 0))
        expect(bySeq.get(seen.cursor.seq)).toEqual(seen);
    }
    this.#checked = stored.at(-1)?.cursor ?? this.#checked;
  }

  /** Ends all clones, and holds all that was sent and told against what there is. */
  async conclude(rounds: number): Promise<void> {
    const { ledger } = this;
    const client = this.#first;
    for (const { name } of (await client.clone.list()).clones) await client.clone.retire({ who: name });
    // Once for every key, however often it was sent.
    const tasks = await allTasks(client);
    const byId = new Map(tasks.map((task) => [task.id, task]));
    expect(tasks.map(({ say }) => say).sort()).toEqual(
      [...ledger.acts.values()].map(({ params }) => params.say).sort(),
    );
    for (const { params, receipt } of ledger.acts.values()) {
      expect(byId.get(receipt ?? '')).toMatchObject({ say: params.say });
    }
    const { clones } = await client.clone.list({ status: ['retired'] });
    expect(clones.map(({ name }) => name).sort()).toEqual(
      [...ledger.enrolments.values()].map(({ receipt }) => receipt ?? 'unanswered').sort(),
    );
    expect(loggedErrors(this.#zone.paths.log)).toEqual([]);
    expect(this.#brains).toBeGreaterThan(rounds);
  }

  async #load(client: Khlone, answered: () => void): Promise<void> {
    try {
      while (!this.#over) await unlessLost(this.#call(client).then(answered));
    } finally {
      // Where one has failed, the others have nothing to wait for.
      this.#over = true;
    }
  }

  async #call(client: Khlone): Promise<void> {
    const dice = this.#random.next();
    const { ledger } = this;
    if (dice < 0.65) {
      const clones = [...ledger.enrolments.values()].flatMap(({ receipt }) => receipt ?? []).slice(1, 5);
      const entry = ledger.act(this.#random.pick(clones) ?? 'worker.2', this.#random.pick(words));
      const task = await client.clone.act(entry.params);
      entry.receipt = task.id;
      if (this.#random.next() < 0.5)
        this.#await(client, task.id).catch((error: Error) => (this.#failure ??= error));
    } else if (dice < 0.75) {
      const task = this.#random.pick(
        [...ledger.acts.values()].flatMap(({ receipt }) => receipt ?? []).slice(-20),
      );
      if (task === undefined) return;
      const cancelled = await client.task.cancel({ task });
      ledger.ended.set(cancelled.id, cancelled);
    } else if (dice < 0.95 || ledger.enrolments.size >= maxClones) {
      const { approvals } = await client.approval.list({});
      const pending = this.#random.pick(approvals);
      if (pending === undefined) return;
      const question = pending.questions?.[0]?.question;
      const allow = question === undefined ? {} : { answers: { [question]: 'left' } };
      const answer =
        this.#random.next() < 0.7 ? { decision: 'allow' as const, ...allow } : { decision: 'deny' as const };
      ledger.answered.set(pending.id, await client.approval.respond({ approval: pending.id, ...answer }));
    } else {
      const recovery = this.#random.next() < 0.5 ? 'resume' : 'park';
      const entry = ledger.enroll({ role: 'worker', brain: 'demo', limits: { recovery } });
      entry.receipt = (await client.clone.enroll(entry.params)).name;
    }
  }

  async #await(client: Khlone, task: string): Promise<void> {
    const ended = await unlessLost(client.task.wait({ task, timeoutMs: longestWaitMs }));
    if (ended) this.ledger.ended.set(task, ended);
  }

  /** Repeats every call that got no answer, and some that did: the first answer comes again, or the only one. */
  async #resend(client: Khlone): Promise<void> {
    const again = <T extends { receipt: string | undefined }>(entries: Iterable<T>): T[] => {
      const all = [...entries];
      return [...all.filter(({ receipt }) => receipt === undefined), ...all.slice(-15)];
    };
    for (const entry of again(this.ledger.enrolments.values())) {
      const { name } = await client.clone.enroll(entry.params);
      entry.receipt ??= name;
      expect(name).toBe(entry.receipt);
    }
    for (const entry of again(this.ledger.acts.values())) {
      const { id } = await client.clone.act(entry.params);
      entry.receipt ??= id;
      expect(id).toBe(entry.receipt);
      expect(await client.task.get({ task: id })).toMatchObject({ id, say: entry.params.say });
    }
  }

  /** Waits until only the daemon of this moment, holders of its clones' brains and a spare, and those brains are left. */
  async #expectSwept(daemon: number): Promise<void> {
    const swept = async (): Promise<boolean> => {
      const all = this.#zone.processes().filter(({ pid }) => pid !== daemon);
      const held = new Set(
        all.filter(({ command }) => command.includes(holderProgram)).map(({ pid }) => pid),
      );
      const stray = all.some(({ pid, parent }) => !held.has(pid) && !held.has(parent));
      const { holder } = await this.#first.daemon.status();
      return !stray && held.size <= holder.processes + 1;
    };
    const late = performance.now() + this.#patienceMs;
    while (!(await swept())) {
      if (performance.now() > late) throw new Error('what an earlier daemon started is left');
      await wait(10);
    }
  }
}

/** Undefined where a call came to what may become of it when its daemon is killed. */
async function unlessLost<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof KhloneError && expected.has(error.kind)) return undefined;
    throw error;
  }
}

export function expectUnbroken(events: readonly Event[]): void {
  const [first] = events;
  if (first === undefined) return;
  expect(events.map(({ cursor }) => cursor.seq)).toEqual(events.map((_, index) => first.cursor.seq + index));
  const epochs = events.map(({ cursor }) => cursor.epoch);
  expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
}

async function allTasks(client: Khlone): Promise<Task[]> {
  const tasks: Task[] = [];
  let before: string | undefined;
  do {
    const page = await client.task.list({ limit: 500, ...(before !== undefined && { before }) });
    tasks.push(...page.tasks);
    before = page.next;
  } while (before !== undefined);
  return tasks;
}
