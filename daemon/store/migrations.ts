/**
 * The schema, one step a version: `user_version` is how many have run. A step that has been
 * released is never edited; what changes later is a further step.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE zone (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

  CREATE TABLE clones (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    number INTEGER NOT NULL,
    brain TEXT NOT NULL,
    conversation TEXT NOT NULL,
    begun INTEGER NOT NULL DEFAULT 0,
    cwd TEXT NOT NULL,
    model TEXT,
    brief TEXT,
    approvals TEXT NOT NULL,
    limits TEXT NOT NULL,
    labels TEXT NOT NULL,
    grants TEXT NOT NULL DEFAULT '[]',
    env TEXT NOT NULL,
    secrets TEXT NOT NULL,
    wishes TEXT NOT NULL,
    grant_socket INTEGER NOT NULL DEFAULT 0,
    failure TEXT,
    used_at INTEGER NOT NULL DEFAULT 0,
    enrolled_at TEXT NOT NULL,
    retired_at TEXT,
    UNIQUE (role, number)
  ) STRICT;

  CREATE TABLE tasks (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    who TEXT NOT NULL,
    clone TEXT REFERENCES clones (name),
    say TEXT NOT NULL,
    status TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    priority INTEGER NOT NULL DEFAULT 0,
    timeout_ms INTEGER,
    labels TEXT NOT NULL,
    resumed INTEGER NOT NULL DEFAULT 0,
    epoch INTEGER,
    result TEXT,
    error TEXT,
    queued_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT
  ) STRICT;
  CREATE INDEX tasks_of_clone ON tasks (clone, ordinal);
  CREATE INDEX tasks_queue ON tasks (clone, who, priority DESC, ordinal) WHERE status = 'queued';
  CREATE INDEX tasks_live ON tasks (status) WHERE status IN ('running', 'waiting');

  CREATE TABLE approvals (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    clone TEXT NOT NULL REFERENCES clones (name),
    task TEXT NOT NULL REFERENCES tasks (id),
    status TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX approvals_pending ON approvals (ordinal) WHERE status = 'pending';

  CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    epoch INTEGER NOT NULL,
    at TEXT NOT NULL,
    type TEXT NOT NULL,
    clone TEXT,
    task TEXT,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_of_clone ON events (clone, seq);

  CREATE TABLE usage (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    clone TEXT NOT NULL REFERENCES clones (name),
    task TEXT NOT NULL REFERENCES tasks (id),
    model TEXT NOT NULL,
    at TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    cache_read_tokens INTEGER NOT NULL,
    cost_usd REAL NOT NULL
  ) STRICT;
  CREATE INDEX usage_of_task ON usage (task);

  CREATE TABLE processes (
    run TEXT PRIMARY KEY,
    pid INTEGER NOT NULL,
    start_time TEXT NOT NULL,
    boot_id TEXT NOT NULL
  ) STRICT;

  CREATE TABLE idempotency (
    key TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    subject TEXT NOT NULL
  ) STRICT;
  `,
  `
  ALTER TABLE clones ADD COLUMN command TEXT;
  ALTER TABLE clones ADD COLUMN terminal TEXT;
  `,
  // Since holders write down in their folders what runs under them.
  'DROP TABLE processes;',
  // What is needed to forget: when a key was given, which tasks have ended, and the sums that stay of their usage.
  // Counts that are kept up are read without a look at every task.
  `
  ALTER TABLE idempotency ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
  UPDATE idempotency SET at = CAST(strftime('%s', 'now') AS INTEGER) * 1000;
  CREATE INDEX idempotency_age ON idempotency (at);

  CREATE INDEX tasks_ended ON tasks (finished_at) WHERE finished_at IS NOT NULL;
  CREATE INDEX approvals_of_task ON approvals (task);

  CREATE TABLE usage_days (
    day TEXT NOT NULL,
    clone TEXT NOT NULL REFERENCES clones (name),
    model TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    cache_read_tokens INTEGER NOT NULL,
    cost_usd REAL NOT NULL,
    PRIMARY KEY (day, clone, model)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE task_counts (status TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO task_counts SELECT status, count(*) FROM tasks GROUP BY status;
  CREATE TRIGGER tasks_counted_in AFTER INSERT ON tasks BEGIN
    INSERT INTO task_counts VALUES (new.status, 1) ON CONFLICT (status) DO UPDATE SET n = n + 1;
  END;
  CREATE TRIGGER tasks_counted_out AFTER DELETE ON tasks BEGIN
    UPDATE task_counts SET n = n - 1 WHERE status = old.status;
  END;
  CREATE TRIGGER tasks_counted_over AFTER UPDATE OF status ON tasks WHEN old.status <> new.status BEGIN
    UPDATE task_counts SET n = n - 1 WHERE status = old.status;
    INSERT INTO task_counts VALUES (new.status, 1) ON CONFLICT (status) DO UPDATE SET n = n + 1;
  END;
  `,
  // What a daemon needs to go on with a turn that an earlier one began, and which answers belong to which request.
  `
  CREATE TABLE turns (
    task TEXT PRIMARY KEY REFERENCES tasks (id),
    clone TEXT NOT NULL,
    state TEXT NOT NULL,
    run TEXT,
    from_offset INTEGER,
    point TEXT,
    told_at INTEGER NOT NULL DEFAULT -1,
    told_nth INTEGER NOT NULL DEFAULT 0,
    stop TEXT
  ) STRICT;
  ALTER TABLE approvals ADD COLUMN request TEXT;
  `,
  // What stood around the process of an ask.
  'ALTER TABLE tasks ADD COLUMN sandbox TEXT;',
  // Tasks that wait for a time, and what clones may use beyond their budgets: by task, or by day.
  `
  ALTER TABLE tasks ADD COLUMN not_before INTEGER;

  CREATE TABLE helpings (
    clone TEXT NOT NULL REFERENCES clones (name),
    subject TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (clone, subject)
  ) STRICT, WITHOUT ROWID;

  UPDATE clones SET limits = replace(limits, '"maxQueued":', '"maxQueue":');
  `,
  // Clones of which every task is an ask.
  'ALTER TABLE clones ADD COLUMN read_only INTEGER NOT NULL DEFAULT 0;',
  // Asks that run beside their clone.
  'ALTER TABLE tasks ADD COLUMN aside INTEGER NOT NULL DEFAULT 0;',
];
