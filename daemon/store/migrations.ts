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
];
