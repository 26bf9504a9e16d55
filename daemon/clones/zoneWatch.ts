import { isAbsolute, join } from 'node:path';
import { fail } from '../../protocol/fail.js';
import type { Event } from '../../protocol/shapes/event.js';
import type { ZoneChange } from '../../protocol/shapes/task.js';
import type { EventLog, NewEvent } from '../events/log.js';
import type { Comparison } from '../fingerprint/messages.js';
import type { Print, Printer } from '../fingerprint/printer.js';
import { DisposableStore, onUnexpectedError } from '../lifecycle.js';
import type { TaskRecord } from '../store/taskTable.js';
import type { Bystanders, Doing, Doings } from './bystanders.js';
import type { CloneLedger } from './ledger.js';
import { fitsAny } from './patterns.js';
import type { TurnEnd } from './turn.js';

/** Most changes that a task and an event name. */
const mostNamed = 200;

/** How many of them the error's message names. */
const inMessage = 3;

/** What the zone is watched with. */
export interface ZoneWatchParts {
  /** The zone's real path. */
  readonly root: string;
  readonly log: EventLog;
  readonly printer: Printer;
  readonly bystanders: Bystanders;
}

/** Whose turn the zone is looked at for. */
type Watched = Pick<CloneLedger, 'record' | 'redact'>;

/** A look at the zone before a task's turn, and one after it. */
export interface ZoneLook extends Disposable {
  /** Resolves once the turn may begin. Never rejects. */
  readonly ready: Promise<void>;
  /** The end of the turn, or what the zone has to say against it. Never rejects. */
  judged(end: TurnEnd): Promise<TurnEnd>;
}

/** Looks at the zone before and after each ask, which must not change it. */
export class ZoneWatch {
  readonly #parts: ZoneWatchParts;

  constructor(parts: ZoneWatchParts) {
    this.#parts = parts;
  }

  /** Begins to look, at once; an act may change what it likes, and is not looked at. */
  look(task: TaskRecord, ledger: Watched): ZoneLook {
    return task.kind === 'ask' ? new AskLook(this.#parts, { task, ledger }) : unwatched;
  }

  /** Of a task that an earlier daemon began: what that saw before the turn was kept. */
  ridden(task: TaskRecord, ledger: Watched): ZoneLook {
    return task.kind === 'ask' ? new AskLook(this.#parts, { task, ledger, ridden: true }) : unwatched;
  }
}

const unwatched: ZoneLook = {
  ready: Promise.resolve(),
  judged: (end) => Promise.resolve(end),
  [Symbol.dispose]: () => {},
};

type Checked = Extract<Event, { type: 'zone.checked' }>;

interface AskLookParts {
  readonly task: TaskRecord;
  readonly ledger: Watched;
  /** Whether it was an earlier daemon that looked before the turn. */
  readonly ridden?: boolean;
}

interface Judged {
  readonly print: Print;
  readonly doing: Doing;
  readonly found: Comparison;
}

class AskLook implements ZoneLook {
  readonly ready: Promise<void>;
  readonly #parts: ZoneWatchParts;
  readonly #task: TaskRecord;
  readonly #ledger: Watched;
  readonly #held = new DisposableStore();
  #before: { readonly print: Print; readonly doing: Doing } | undefined;
  /** Why there is no print. */
  #failed = '';

  constructor(parts: ZoneWatchParts, { task, ledger, ridden = false }: AskLookParts) {
    this.#parts = parts;
    this.#task = task;
    this.#ledger = ledger;
    this.ready = this.#begin(ridden).catch((error: unknown) => {
      this.#failed = reasonOf(error);
    });
  }

  async judged(end: TurnEnd): Promise<TurnEnd> {
    await this.ready;
    try {
      if (!this.#before) throw new Error(this.#failed);
      const { print, doing } = this.#before;
      return await this.#judge(end, { print, doing, found: await print.compare() });
    } catch (error) {
      this.#tell({ finding: 'unchecked', changes: [], total: 0, others: [], partial: reasonOf(error) });
      return end;
    }
  }

  [Symbol.dispose](): void {
    this.#held.dispose();
  }

  async #begin(ridden: boolean): Promise<void> {
    const { bystanders, printer, log } = this.#parts;
    const key = this.#task.id;
    const except = { clone: this.#ledger.record.name, aside: this.#task.aside ? key : undefined };
    if (ridden) {
      const print = this.#held.add(await printer.resume(key));
      this.#before = { print, doing: this.#held.add(bystanders.watch(except, print.since)) };
      return;
    }
    const doing = this.#held.add(bystanders.watch(except));
    const print = this.#held.add(await printer.take({ key, since: log.cursor.seq }));
    this.#before = { print, doing };
  }

  async #judge(end: TurnEnd, { print, doing, found: { changes, total, partial } }: Judged): Promise<TurnEnd> {
    // What other clones said that they do is told soon, and wanted now.
    this.#parts.log.flush();
    const { doings } = doing;
    const open = changes.filter(unexplained(this.#parts.root, doings, this.#ledger));
    // Those past the bound of what is told one by one are explained by nobody.
    const count = open.length + (total - changes.length);
    const named = open.slice(0, mostNamed);
    const rest = partial === undefined ? {} : { partial };
    if (count === 0) {
      if (partial !== undefined)
        this.#tell({ finding: 'unchecked', changes: [], total: 0, others: [], ...rest });
      return end;
    }
    const { text, truncated } = await diffOf(print, named);
    const found = {
      changes: named.map(({ path, kind }) => this.#ledger.redact<ZoneChange>({ path, kind })),
      total: count,
      others: [...doings.opaque],
      diff: this.#ledger.redact(text),
      ...(truncated && { truncated }),
      ...rest,
    };
    if (doings.opaque.length > 0) {
      this.#tell({ finding: 'ambiguous', ...found });
      return end;
    }
    this.#tell({ finding: 'violated', ...found });
    const clone = this.#ledger.record.name;
    const error = fail('readOnlyViolated', { clone, summary: summaryOf(found), violation: found });
    return { ...end, stop: undefined, outcome: { status: 'failed', error, text: end.outcome.text } };
  }

  #tell(found: Omit<Checked, 'type' | 'clone' | 'task' | 'cursor' | 'at'>): void {
    const event: NewEvent = {
      type: 'zone.checked',
      clone: this.#ledger.record.name,
      task: this.#task.id,
      ...found,
    };
    this.#parts.log.observe(event);
  }
}

/** Whether nobody of khlone, nor the user's word, explains a change. */
function unexplained(
  root: string,
  { written }: Doings,
  { record }: Watched,
): (change: ZoneChange) => boolean {
  const isIgnored = fitsAny(record.limits.askIgnore ?? []);
  const isWritten = ({ path, kind }: ZoneChange): boolean => {
    const whole = isAbsolute(path) ? path : join(root, path);
    if (written.has(whole)) return true;
    // A folder that was made for a file that a tool wrote, or in which that file was written by way of another name.
    const holds = kind === 'added' || kind === 'touched';
    return holds && [...written].some((file) => file.startsWith(`${whole}/`));
  };
  return (change) => !isIgnored(change.path) && !isWritten(change);
}

async function diffOf(
  print: Print,
  changes: readonly ZoneChange[],
): Promise<{ text: string; truncated: boolean }> {
  try {
    return await print.diff(changes.map(({ path }) => path));
  } catch (error) {
    // The paths are told; what was in them is a help, no more.
    onUnexpectedError(error);
    return { text: '', truncated: true };
  }
}

function summaryOf({
  changes,
  total,
}: {
  readonly changes: readonly ZoneChange[];
  readonly total: number;
}): string {
  const named = changes.slice(0, inMessage).map(({ path, kind }) => `${path} (${kind})`);
  const more = total > named.length ? ` and ${total - named.length} more` : '';
  return `${named.join(', ')}${more}`;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
