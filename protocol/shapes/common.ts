import { z } from 'zod';

/** Open metadata that any object may carry; readers ignore what they do not know. */
export const meta = z
  .record(z.unknown())
  .optional()
  .describe('Open metadata; ignored by readers that do not know it.');

/** An ISO 8601 UTC time with milliseconds. */
export const time = z
  .string()
  .regex(
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/,
    'must be a UTC time with milliseconds, such as 2026-01-31T09:00:00.000Z',
  )
  .describe('ISO 8601, UTC, with milliseconds.');

/** A duration in whole milliseconds, at most what a timer can hold (2^31 - 1). */
export const durationMs = z.number().int().min(1).max(2_147_483_647).describe('Milliseconds.');

/** A count that is never negative. */
export const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** A place in the zone's event history. */
export const Cursor = z
  .object({
    epoch: count.describe('Number of the daemon incarnation that wrote the event; grows with each start.'),
    seq: count.describe('Number of the event in the zone; grows by one and never starts again.'),
  })
  .describe(
    'A place in the event history. Hand back the last one you saw to miss nothing and see nothing twice.',
  );
export type Cursor = z.infer<typeof Cursor>;

/** Where a history does not hold what a reader asked for. */
export const Gap = z
  .object({ from: Cursor, to: Cursor })
  .describe(
    'The history does not hold what came after `from`; what follows begins after `to`. A `to` before `from` says that `from` is no place of this history, as after a restored backup.',
  );
export type Gap = z.infer<typeof Gap>;

const roleSource = '[a-z][a-z0-9-]{0,31}';

export const Role = z
  .string()
  .regex(
    new RegExp(`^${roleSource}$`),
    'must be a lower-case letter, then letters, digits and hyphens; at most 32',
  )
  .describe('A role: a lower-case letter, then letters, digits and hyphens; at most 32.');

export const CloneName = z
  .string()
  .regex(
    new RegExp(`^${roleSource}\\.[1-9][0-9]{0,5}$`),
    'must be a role, a dot and a number, such as mechanic.2',
  )
  .describe('A clone, as `role.N`.');

/** A label: `key=value` in selectors. */
export const Labels = z
  .record(
    z
      .string()
      .regex(
        /^[a-zA-Z0-9][\w./-]{0,62}$/,
        'a label begins with a letter or digit; then . / _ - too; at most 63',
      ),
    z.string().max(256),
  )
  .describe('Free labels; select by them with `label:key=value`.');

export const Who = z
  .string()
  .min(1)
  .max(400)
  .describe('A clone (`mechanic.1`), a role (`mechanic`) or a label (`label:key=value`).');

/** Any id handed out by the daemon. */
const id = (what: string): z.ZodString => z.string().min(1).max(100).describe(what);

export const TaskId = id('The id of a task.');
export const ApprovalId = id('The id of an approval.');
export const SubscriptionId = id('The id of a subscription; it ends with its connection.');

/** Longest text of a task, in characters: with a result as long, and every character escaped, it fits a frame of 8 MiB. */
export const maxSayLength = 500_000;

export const EnvironmentMap = z
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,255}$/, 'is no name of a variable'),
    z.string().max(131_072),
  )
  .describe('Environment variables by name.');

/** A JSON object whose members are somebody else's to define, such as a tool's input. */
export const jsonObject = z.record(z.unknown());

/** The params or result of a method that has none of its own. */
export const Empty = z.object({ _meta: meta });
