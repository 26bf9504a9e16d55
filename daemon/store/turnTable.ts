import type { Db } from './database.js';

/** The end of a line in what a process put out, and how many of the outputs it gave. */
interface Place {
  readonly at: number;
  readonly nth: number;
}

/** How a turn was to end that a daemon was asked to end. */
export interface StoredStop {
  readonly step: string;
  readonly kind: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** How far a turn has come. */
export type TurnProgress =
  /** No process was given its line yet. */
  | { readonly state: 'unsent' }
  /** The line was written to this run, or was just about to be. */
  | {
      readonly state: 'sent';
      readonly run: string;
      /** Offset in the run's output from which on it tells of the turn. */
      readonly from: number;
      /** The supplier's own. */
      readonly point: unknown;
    }
  /** Too much was said to keep it: no other daemon can go on with it. */
  | { readonly state: 'lost' };

/** The turn of a task that runs, as it is stored. */
export interface TurnRecord {
  readonly task: string;
  readonly clone: string;
  readonly progress: TurnProgress;
  /** Up to where what its process said is in the history. */
  readonly told: Place;
  readonly stop: StoredStop | undefined;
}

interface Columns {
  task: string;
  clone: string;
  state: string;
  run: string | null;
  from_offset: number | null;
  point: string | null;
  told_at: number;
  told_nth: number;
  stop: string | null;
}

/** Reads and writes what is needed to go on with turns that an earlier daemon began: one row for each task that runs. */
export class TurnTable {
  readonly #begin;
  readonly #advance;
  readonly #tell;
  readonly #stop;
  readonly #end;
  readonly #all;

  constructor(db: Db) {
    this.#begin = db.prepare<[string, string]>(
      `INSERT OR REPLACE INTO turns (task, clone, state) VALUES (?, ?, 'unsent')`,
    );
    this.#advance = db.prepare<[string, string | null, number | null, string | null, string]>(
      'UPDATE turns SET state = ?, run = ?, from_offset = ?, point = ?, told_at = -1, told_nth = 0 WHERE task = ?',
    );
    this.#tell = db.prepare<[number, number, string]>(
      'UPDATE turns SET told_at = ?, told_nth = ? WHERE task = ?',
    );
    this.#stop = db.prepare<[string, string]>('UPDATE turns SET stop = ? WHERE task = ?');
    this.#end = db.prepare<[string]>('DELETE FROM turns WHERE task = ?');
    this.#all = db.prepare<[], Columns>('SELECT * FROM turns ORDER BY rowid');
  }

  /** A task has begun, and its brain was told nothing yet. */
  begin(task: string, clone: string): void {
    this.#begin.run(task, clone);
  }

  advance(task: string, progress: TurnProgress): void {
    const { state } = progress;
    if (progress.state !== 'sent') this.#advance.run(state, null, null, null, task);
    else this.#advance.run(state, progress.run, progress.from, JSON.stringify(progress.point), task);
  }

  /** What a process said up to there is in the history now. */
  tell(task: string, { at, nth }: Place): void {
    this.#tell.run(at, nth, task);
  }

  stop(task: string, stop: StoredStop): void {
    this.#stop.run(JSON.stringify(stop), task);
  }

  end(task: string): void {
    this.#end.run(task);
  }

  all(): TurnRecord[] {
    return this.#all.all().map(fromColumns);
  }
}

function fromColumns({ task, clone, told_at: at, told_nth: nth, stop, ...row }: Columns): TurnRecord {
  return {
    task,
    clone,
    progress: progressOf(row),
    told: { at, nth },
    stop: stop === null ? undefined : (JSON.parse(stop) as StoredStop),
  };
}

function progressOf({
  state,
  run,
  from_offset: from,
  point,
}: Pick<Columns, 'state' | 'run' | 'from_offset' | 'point'>): TurnProgress {
  if (state === 'unsent') return { state };
  if (run === null || from === null || point === null) return { state: 'lost' };
  return { state: 'sent', run, from, point: JSON.parse(point) as unknown };
}
