import type { ApprovalPolicy, Limits, TerminalSettings } from '../../protocol/shapes/clone.js';
import type { Db } from './database.js';

/** Why a clone is parked. */
export interface CloneFailure {
  readonly failures: number;
  /** What went wrong the last time. */
  readonly reason: string;
}

/** A clone as it is stored: what it was enrolled with and what must outlive a daemon. */
export interface CloneRecord {
  readonly name: string;
  readonly role: string;
  readonly number: number;
  readonly brain: string;
  readonly conversation: string;
  /** Whether a brain has taken up a turn of the conversation. */
  readonly begun: boolean;
  readonly cwd: string;
  /** The program and its arguments, for a brain that runs any. */
  readonly command: readonly string[] | undefined;
  readonly terminal: TerminalSettings | undefined;
  readonly model: string | undefined;
  readonly brief: string | undefined;
  readonly approvals: ApprovalPolicy;
  readonly limits: Limits;
  readonly labels: Readonly<Record<string, string>>;
  /** Permission rules granted for life, in the supplier's notation. */
  readonly grants: readonly string[];
  /** Variables that are no secrets. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of the secret variables it does not start without; their values are held in memory only. */
  readonly secrets: readonly string[];
  /** Names of the secret variables it gets where a client has them. */
  readonly wishes: readonly string[];
  readonly grantSocket: boolean;
  /** Whether every task of it is an ask, and nobody talks to it. For good. */
  readonly readOnly: boolean;
  /** Why it is parked. */
  readonly failure: CloneFailure | undefined;
  /** Milliseconds since 1970 when it last took a task; 0 for never. */
  readonly usedAt: number;
  readonly enrolledAt: string;
  readonly retiredAt: string | undefined;
}

interface Columns {
  name: string;
  role: string;
  number: number;
  brain: string;
  conversation: string;
  begun: number;
  cwd: string;
  model: string | null;
  brief: string | null;
  approvals: string;
  limits: string;
  labels: string;
  grants: string;
  env: string;
  secrets: string;
  wishes: string;
  grant_socket: number;
  failure: string | null;
  used_at: number;
  enrolled_at: string;
  retired_at: string | null;
  command: string | null;
  terminal: string | null;
  read_only: number;
}

/** Reads and writes clones. */
export class CloneTable {
  readonly #all;
  readonly #get;
  readonly #insert;
  readonly #update;
  readonly #highest;

  constructor(db: Db) {
    this.#all = db.prepare<[], Columns>('SELECT * FROM clones ORDER BY enrolled_at, name');
    this.#get = db.prepare<[string], Columns>('SELECT * FROM clones WHERE name = ?');
    this.#insert = db.prepare<[Columns]>(
      `INSERT INTO clones VALUES (@name, @role, @number, @brain, @conversation, @begun, @cwd, @model, @brief, @approvals,
       @limits, @labels, @grants, @env, @secrets, @wishes, @grant_socket, @failure, @used_at, @enrolled_at, @retired_at,
       @command, @terminal, @read_only)`,
    );
    this.#update = db.prepare<[Columns]>(
      `UPDATE clones SET conversation = @conversation, begun = @begun, model = @model, brief = @brief, approvals = @approvals, limits = @limits,
       labels = @labels, grants = @grants, env = @env, secrets = @secrets, wishes = @wishes, failure = @failure, used_at = @used_at,
       retired_at = @retired_at, terminal = @terminal WHERE name = @name`,
    );
    this.#highest = db.prepare<[string], { number: number | null }>(
      'SELECT max(number) AS number FROM clones WHERE role = ?',
    );
  }

  all(): CloneRecord[] {
    return this.#all.all().map(fromColumns);
  }

  get(name: string): CloneRecord | undefined {
    const row = this.#get.get(name);
    return row && fromColumns(row);
  }

  insert(clone: CloneRecord): void {
    this.#insert.run(toColumns(clone));
  }

  update(clone: CloneRecord): void {
    this.#update.run(toColumns(clone));
  }

  /** The next number of a role that was never used: a name stands for one clone for good. */
  nextNumber(role: string): number {
    return (this.#highest.get(role)?.number ?? 0) + 1;
  }
}

function fromColumns(row: Columns): CloneRecord {
  return {
    name: row.name,
    role: row.role,
    number: row.number,
    brain: row.brain,
    conversation: row.conversation,
    begun: row.begun === 1,
    cwd: row.cwd,
    command: row.command === null ? undefined : (JSON.parse(row.command) as string[]),
    terminal: row.terminal === null ? undefined : (JSON.parse(row.terminal) as TerminalSettings),
    model: row.model ?? undefined,
    brief: row.brief ?? undefined,
    approvals: row.approvals as ApprovalPolicy,
    limits: JSON.parse(row.limits) as Limits,
    labels: JSON.parse(row.labels) as Record<string, string>,
    grants: JSON.parse(row.grants) as string[],
    env: JSON.parse(row.env) as Record<string, string>,
    secrets: JSON.parse(row.secrets) as string[],
    wishes: JSON.parse(row.wishes) as string[],
    grantSocket: row.grant_socket === 1,
    readOnly: row.read_only === 1,
    failure: row.failure === null ? undefined : (JSON.parse(row.failure) as CloneFailure),
    usedAt: row.used_at,
    enrolledAt: row.enrolled_at,
    retiredAt: row.retired_at ?? undefined,
  };
}

function toColumns(clone: CloneRecord): Columns {
  return {
    name: clone.name,
    role: clone.role,
    number: clone.number,
    brain: clone.brain,
    conversation: clone.conversation,
    begun: clone.begun ? 1 : 0,
    cwd: clone.cwd,
    model: clone.model ?? null,
    brief: clone.brief ?? null,
    approvals: clone.approvals,
    limits: JSON.stringify(clone.limits),
    labels: JSON.stringify(clone.labels),
    grants: JSON.stringify(clone.grants),
    env: JSON.stringify(clone.env),
    secrets: JSON.stringify(clone.secrets),
    wishes: JSON.stringify(clone.wishes),
    grant_socket: clone.grantSocket ? 1 : 0,
    failure: clone.failure ? JSON.stringify(clone.failure) : null,
    used_at: clone.usedAt,
    enrolled_at: clone.enrolledAt,
    retired_at: clone.retiredAt ?? null,
    command: clone.command ? JSON.stringify(clone.command) : null,
    terminal: clone.terminal ? JSON.stringify(clone.terminal) : null,
    read_only: clone.readOnly ? 1 : 0,
  };
}
