import { z } from 'zod';
import { CloneName, count, durationMs, Labels, meta, Role, TaskId, time } from './common.js';
import { TerminalSize } from './stream.js';
import { TaskError } from './task.js';
import { Usage } from './usage.js';

const cloneStatuses = [
  'starting',
  'idle',
  'working',
  'waiting',
  'talking',
  'paused',
  'off',
  'failed',
  'retired',
] as const;

/** Unknown values must not break a reader: more may come. */
export const CloneStatus = z
  .enum(cloneStatuses)
  .describe(
    '`waiting` is on an approval or, in the posture `talk`, on somebody who comes to its terminal; `talking` has somebody at its terminal, or a turn that was begun there; `paused` has work and begins none of it: `hold` says until when, or an approval asks whether to go on; `off` has no process, and starts one for its next task.',
  );
export type CloneStatus = z.infer<typeof CloneStatus>;

export const OffReason = z
  .enum(['idle', 'memory', 'asked', 'limit', 'died'])
  .describe(
    "Why a process at rest is gone: nobody needed it for `idleMs`, `memory` of the machine was short, somebody `asked`, it had used more than the clone's own `limit` of memory, or it `died` by itself.",
  );
export type OffReason = z.infer<typeof OffReason>;

export const Posture = z.enum(['act', 'ask', 'talk', 'off']).describe("How the clone's brain runs now.");
export type Posture = z.infer<typeof Posture>;

export const ApprovalPolicy = z
  .enum(['ask', 'acceptEdits', 'allow', 'deny'])
  .describe(
    'What happens when the brain asks for permission: `ask` a human (the default), `acceptEdits` allows edits of files in the zone and asks about the rest, `allow` grants all, `deny` refuses all.',
  );
export type ApprovalPolicy = z.infer<typeof ApprovalPolicy>;

export const RecoveryPolicy = z
  .enum(['park', 'resume'])
  .describe(
    'What becomes of a task that was running when the daemon died: `park` leaves it interrupted until it is retried (the default), `resume` runs it again on the same conversation, at most three attempts in all.',
  );
export type RecoveryPolicy = z.infer<typeof RecoveryPolicy>;

/** What a clone may use, and when it has used that. */
function budget(unit: string, most: z.ZodNumber) {
  return z
    .object({
      task: most.optional().describe('By one task, all its attempts together.'),
      day: most.optional().describe("By the clone in a day, from midnight in the daemon's time zone."),
    })
    .optional()
    .describe(
      `${unit} that may be used; once they are, the clone is \`paused\` with an approval of the kind \`budget\`. No limit by default.`,
    );
}

export const Limits = z
  .object({
    taskTimeoutMs: durationMs
      .optional()
      .describe('Longest run of a task, waiting for approvals included. No limit by default.'),
    approvalTimeoutMs: durationMs
      .optional()
      .describe('An approval unanswered for so long is denied. 30 minutes by default.'),
    idleMs: durationMs
      .optional()
      .describe('A process at rest for so long is ended; the conversation stays. 15 minutes by default.'),
    maxQueue: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe('Most tasks in the queue. 10,000 by default.'),
    recovery: RecoveryPolicy.optional(),
    maxTurnMs: durationMs
      .optional()
      .describe(
        'Longest that the brain may work at a turn, waiting for approvals not counted; then the turn is ended and the task fails (`turnTooLong`). No limit by default.',
      ),
    maxTokens: budget('Tokens', z.number().int().min(1).max(1e12)),
    maxCostUsd: budget('US dollars', z.number().min(0.000001).max(1e9)),
    onUsageLimit: z
      .enum(['wait', 'fail'])
      .optional()
      .describe(
        "What becomes of a task that comes to the model's usage limit: `wait` (the default) runs it again once the limit is over, and holds the clone's other tasks until then; `fail` ends it.",
      ),
    stallMs: durationMs
      .optional()
      .describe(
        'A turn in which the brain says nothing for so long fails (`brainSilent`), and its process is ended; while a tool runs it has six times as long, and while a human is asked no limit. 10 minutes by default; for the brain `command` no limit by default.',
      ),
    graceMs: durationMs
      .optional()
      .describe('How long a process may take over SIGTERM before SIGKILL. 5 seconds by default.'),
    memoryMb: z
      .number()
      .int()
      .min(16)
      .max(16_777_216)
      .optional()
      .describe(
        "Most memory of its brain's processes together, in MiB; beyond it they are ended (`brainOutOfMemory`). What keeps it is told in `enforced`. No limit by default.",
      ),
    cpus: z
      .number()
      .min(0.01)
      .max(4096)
      .optional()
      .describe(
        "Most processors that its brain's processes use together, such as 1.5. What keeps it is told in `enforced`. No limit by default.",
      ),
    namespace: z
      .boolean()
      .optional()
      .describe(
        'Runs the brain in a PID namespace of its own, where bubblewrap can make one: whatever it started ends with it, and it sees no other processes. Not in terminals; sudo and other setuid programs do not work in it. False by default.',
      ),
    askIgnore: z
      .array(z.string().min(1).max(200))
      .max(100)
      .optional()
      .describe(
        "Paths that change by themselves, such as `dist` or `**/*.log`, whose changes during an ask are nobody's fault: from the zone's root; `*` and `?` stay within a name, `**` does not; without a slash a name at any depth. None by default.",
      ),
  })
  .describe('Bounds of a clone; what is left out keeps its default.');
export type Limits = z.infer<typeof Limits>;

export const TerminalSettings = z
  .object({
    prompt: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe(
        "JavaScript regular expression that the cursor's line matches when the program waits for input, as `[$#] $`: only that ends a turn, and a program that never shows it has until the task's time limit. By default a turn ends by the quiet time.",
      ),
    quietMs: durationMs
      .optional()
      .describe(
        'A turn ends when nothing was printed for so long and nothing that the program runs is busy in front. 1 second by default.',
      ),
    ...TerminalSize.partial().shape,
  })
  .describe("How a program's terminal is set up, and how the end of a turn shows in it.");
export type TerminalSettings = z.infer<typeof TerminalSettings>;

export const Backoff = z
  .object({
    failures: count.describe('How often its brain failed in the last ten minutes; the fifth time parks it.'),
    nextAt: time
      .optional()
      .describe('When the next process may be started at the earliest; missing once it may.'),
  })
  .describe('Its brain failed, and the next start is delayed: from 1 s doubling to 60 s.');
export type Backoff = z.infer<typeof Backoff>;

export const Notice = z
  .object({
    kind: z.string().describe('`longConversation`; more may come.'),
    message: z.string(),
    hint: z.string().describe('What to do about it.'),
  })
  .describe('Something its user should know, which keeps it from nothing yet.');
export type Notice = z.infer<typeof Notice>;
const Hold = z
  .object({
    task: TaskId.describe('The task that would be next.'),
    until: time.optional().describe('When it goes on by itself; missing where only a human lets it.'),
    reason: z.string().describe('Why, in a sentence.'),
  })
  .describe('It begins no task for now.');
export type Hold = z.infer<typeof Hold>;

const Resources = z
  .object({
    processes: count,
    rssBytes: count.describe('Memory they have in RAM; what they share counts for each.'),
    cpuPercent: z
      .number()
      .min(0)
      .describe(
        'Of one processor: since the last look if that was within a minute, else since the brain was started.',
      ),
  })
  .describe("What its brain's whole tree of processes uses, looked at for this answer.");

const Enforced = z
  .object({
    memory: z
      .enum(['cgroup', 'watchdog'])
      .optional()
      .describe(
        '`cgroup`: the kernel ends it at the limit; `watchdog`: khlone looks every 0.5 to 3 seconds, and only while a daemon runs.',
      ),
    cpus: z
      .enum(['cgroup', 'affinity', 'none'])
      .optional()
      .describe(
        '`cgroup`: exact; `affinity`: it runs on so many whole processors, rounded up; `none`: nothing here can.',
      ),
  })
  .extend({
    processes: z
      .enum(['cgroup', 'namespace', 'marker'])
      .optional()
      .describe('Where a namespace was asked for: by what all its processes are found at its end.'),
  })
  .describe('By what its limits are kept, or would be for the next process.');

export const Clone = z
  .object({
    name: CloneName,
    role: Role,
    brain: z.string().describe('The supplier of its brain.'),
    status: CloneStatus,
    posture: Posture,
    conversation: z
      .string()
      .describe(
        'UUID of the conversation, chosen by khlone and kept across processes; it is another one once somebody went to another in the terminal (`/clear`).',
      ),
    cwd: z.string().describe('Directory the brain works in.'),
    command: z.array(z.string()).optional(),
    terminal: TerminalSettings.optional(),
    model: z.string().optional(),
    brief: z.string().optional(),
    approvals: ApprovalPolicy,
    readOnly: z
      .boolean()
      .optional()
      .describe(
        'True where its role is read-only, for good: every task is an ask, and nobody can talk to it. Else missing.',
      ),
    limits: Limits,
    labels: Labels,
    queued: count.describe('Tasks waiting for this clone.'),
    task: TaskId.optional().describe('The task it works on.'),
    asides: count
      .optional()
      .describe('Asks that run beside it; missing where there is none. Its status tells nothing of them.'),
    missing: z
      .array(z.string())
      .optional()
      .describe(
        'Variables its brain needs and the daemon no longer holds; they come from the next client that addresses it.',
      ),
    hold: Hold.optional().describe('Why it is `paused`, and until when.'),
    error: TaskError.optional().describe('Why it is `failed`.'),
    backoff: Backoff.optional().describe(
      'Set from a failure of its brain until a task succeeds or `clone/restart` forgives it.',
    ),
    notices: z
      .array(Notice)
      .optional()
      .describe('Looked up for `clone/get` and `clone/list`; missing where there is nothing to say.'),
    resources: Resources.optional(),
    enforced: Enforced.optional(),
    usage: Usage,
    enrolledAt: time,
    retiredAt: time.optional(),
    _meta: meta,
  })
  .describe('An enrolled agent: one brain, one conversation, one queue.');
export type Clone = z.infer<typeof Clone>;
