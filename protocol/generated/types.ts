// Generated from protocol/table.ts by `npm run generate`. Do not edit.

/** An enrolled agent: one brain, one conversation, one queue. */
export interface Clone {
  name: CloneName;
  role: Role;
  /** The supplier of its brain. */
  brain: string;
  status: CloneStatus;
  posture: Posture;
  /** UUID of the conversation, chosen by khlone and kept across processes; it is another one once somebody went to another in the terminal (`/clear`). */
  conversation: string;
  /** Directory the brain works in. */
  cwd: string;
  command?: string[] | undefined;
  /** How a program's terminal is set up, and how the end of a turn shows in it. */
  terminal?:
    | {
        /** JavaScript regular expression that the cursor's line matches when the program waits for input, as `[$#] $`: only that ends a turn, and a program that never shows it has until the task's time limit. By default a turn ends by the quiet time. */
        prompt?: string | undefined;
        /** A turn ends when nothing was printed for so long and nothing that the program runs is busy in front. 1 second by default. */
        quietMs?: DurationMs | undefined;
        cols?: number | undefined;
        rows?: number | undefined;
      }
    | undefined;
  model?: string | undefined;
  brief?: string | undefined;
  approvals: ApprovalPolicy;
  /** True where its role is read-only, for good: every task is an ask, and nobody can talk to it. Else missing. */
  readOnly?: boolean | undefined;
  limits: Limits;
  labels: Labels;
  /** Tasks waiting for this clone. */
  queued: number;
  /** The task it works on. */
  task?: TaskId | undefined;
  /** Asks that run beside it; missing where there is none. Its status tells nothing of them. */
  asides?: number | undefined;
  /** Variables its brain needs and the daemon no longer holds; they come from the next client that addresses it. */
  missing?: string[] | undefined;
  /** Why it is `paused`, and until when. */
  hold?:
    | {
        /** The task that would be next. */
        task: TaskId;
        /** When it goes on by itself; missing where only a human lets it. */
        until?: Timestamp | undefined;
        /** Why, in a sentence. */
        reason: string;
      }
    | undefined;
  /** Why it is `failed`. */
  error?: TaskError | undefined;
  /** Set from a failure of its brain until a task succeeds or `clone/restart` forgives it. */
  backoff?:
    | {
        /** How often its brain failed in the last ten minutes; the fifth time parks it. */
        failures: number;
        /** When the next process may be started at the earliest; missing once it may. */
        nextAt?: Timestamp | undefined;
      }
    | undefined;
  /** Looked up for `clone/get` and `clone/list`; missing where there is nothing to say. */
  notices?:
    | {
        /** `longConversation`; more may come. */
        kind: string;
        message: string;
        /** What to do about it. */
        hint: string;
      }[]
    | undefined;
  /** What its brain's whole tree of processes uses, looked at for this answer. */
  resources?:
    | {
        processes: number;
        /** Memory they have in RAM; what they share counts for each. */
        rssBytes: number;
        /** Of one processor: since the last look if that was within a minute, else since the brain was started. */
        cpuPercent: number;
      }
    | undefined;
  /** By what its limits are kept, or would be for the next process. */
  enforced?:
    | {
        /** `cgroup`: the kernel ends it at the limit; `watchdog`: khlone looks every 0.5 to 3 seconds, and only while a daemon runs. */
        memory?: 'cgroup' | 'watchdog' | undefined;
        /** `cgroup`: exact; `affinity`: it runs on so many whole processors, rounded up; `none`: nothing here can. */
        cpus?: 'cgroup' | 'affinity' | 'none' | undefined;
        /** Where a namespace was asked for: by what all its processes are found at its end. */
        processes?: 'cgroup' | 'namespace' | 'marker' | undefined;
      }
    | undefined;
  usage: Usage;
  enrolledAt: Timestamp;
  retiredAt?: Timestamp | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** `waiting` is on an approval or, in the posture `talk`, on somebody who comes to its terminal; `talking` has somebody at its terminal, or a turn that was begun there; `paused` has work and begins none of it: `hold` says until when, or an approval asks whether to go on; `off` has no process, and starts one for its next task. */
export type CloneStatus =
  'starting' | 'idle' | 'working' | 'waiting' | 'talking' | 'paused' | 'off' | 'failed' | 'retired';

/** How the clone's brain runs now. */
export type Posture = 'act' | 'ask' | 'talk' | 'off';

/** What happens when the brain asks for permission: `ask` a human (the default), `acceptEdits` allows edits of files in the zone and asks about the rest, `allow` grants all, `deny` refuses all. */
export type ApprovalPolicy = 'ask' | 'acceptEdits' | 'allow' | 'deny';

/** What becomes of a task that was running when the daemon died: `park` leaves it interrupted until it is retried (the default), `resume` runs it again on the same conversation, at most three attempts in all. */
export type RecoveryPolicy = 'park' | 'resume';

/** Bounds of a clone; what is left out keeps its default. */
export interface Limits {
  /** Longest run of a task, waiting for approvals included. No limit by default. */
  taskTimeoutMs?: DurationMs | undefined;
  /** An approval unanswered for so long is denied. 30 minutes by default. */
  approvalTimeoutMs?: DurationMs | undefined;
  /** A process at rest for so long is ended; the conversation stays. 15 minutes by default. */
  idleMs?: DurationMs | undefined;
  /** Most tasks in the queue. 10,000 by default. */
  maxQueue?: number | undefined;
  recovery?: RecoveryPolicy | undefined;
  /** Longest that the brain may work at a turn, waiting for approvals not counted; then the turn is ended and the task fails (`turnTooLong`). No limit by default. */
  maxTurnMs?: DurationMs | undefined;
  /** Tokens that may be used; once they are, the clone is `paused` with an approval of the kind `budget`. No limit by default. */
  maxTokens?:
    | {
        /** By one task, all its attempts together. */
        task?: number | undefined;
        /** By the clone in a day, from midnight in the daemon's time zone. */
        day?: number | undefined;
      }
    | undefined;
  /** US dollars that may be used; once they are, the clone is `paused` with an approval of the kind `budget`. No limit by default. */
  maxCostUsd?:
    | {
        /** By one task, all its attempts together. */
        task?: number | undefined;
        /** By the clone in a day, from midnight in the daemon's time zone. */
        day?: number | undefined;
      }
    | undefined;
  /** What becomes of a task that comes to the model's usage limit: `wait` (the default) runs it again once the limit is over, and holds the clone's other tasks until then; `fail` ends it. */
  onUsageLimit?: 'wait' | 'fail' | undefined;
  /** A turn in which the brain says nothing for so long fails (`brainSilent`), and its process is ended; while a tool runs it has six times as long, and while a human is asked no limit. 10 minutes by default; for the brain `command` no limit by default. */
  stallMs?: DurationMs | undefined;
  /** How long a process may take over SIGTERM before SIGKILL. 5 seconds by default. */
  graceMs?: DurationMs | undefined;
  /** Most memory of its brain's processes together, in MiB; beyond it they are ended (`brainOutOfMemory`). What keeps it is told in `enforced`. No limit by default. */
  memoryMb?: number | undefined;
  /** Most processors that its brain's processes use together, such as 1.5. What keeps it is told in `enforced`. No limit by default. */
  cpus?: number | undefined;
  /** Runs the brain in a PID namespace of its own, where bubblewrap can make one: whatever it started ends with it, and it sees no other processes. Not in terminals; sudo and other setuid programs do not work in it. False by default. */
  namespace?: boolean | undefined;
  /** Paths that change by themselves, such as `dist` or `** /*.log`, whose changes during an ask are nobody's fault: from the zone's root; `*` and `?` stay within a name, `**` does not; without a slash a name at any depth. None by default. */
  askIgnore?: string[] | undefined;
}

/** Work given to a clone. */
export interface Task {
  id: TaskId;
  kind: TaskKind;
  /** Whom it was given to, as it was said. */
  who: string;
  /** The clone that has it; missing while a pool has not handed it out. */
  clone?: CloneName | undefined;
  say: string;
  /** True for an ask that runs beside the clone, on a branch of its conversation of which nothing is kept. Else missing. */
  aside?: boolean | undefined;
  status: TaskStatus;
  /** How many times it was started. */
  attempt: number;
  priority: number;
  timeoutMs?: DurationMs | undefined;
  labels: Labels;
  result?:
    | {
        text: string;
        /** The text was longer and its tail is left out. */
        truncated?: boolean | undefined;
      }
    | undefined;
  /** Of an ask, once it was started. */
  sandbox?: 'bubblewrap' | 'sandboxExec' | 'none' | undefined;
  /** Why it did not go well; of a queued task, why it waits. */
  error?: TaskError | undefined;
  /** A queued task is not started before: the limit that it came to lasts until then. */
  notBefore?: Timestamp | undefined;
  usage?: Usage | undefined;
  queuedAt: Timestamp;
  startedAt?: Timestamp | undefined;
  finishedAt?: Timestamp | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** `waiting` is on an approval. `done`, `failed`, `cancelled`, `interrupted` and `parked` are ends; all but `done` can be retried. */
export type TaskStatus =
  'queued' | 'running' | 'waiting' | 'done' | 'failed' | 'cancelled' | 'interrupted' | 'parked';

/** `act` may change the zone, `ask` must not be able to. */
export type TaskKind = 'act' | 'ask';

/** Why something did not go well: a kind of the error registry, what happened, and the next step. */
export interface TaskError {
  kind: string;
  message: string;
  hint: string;
  /** With `readOnlyViolated`: what changed in the zone while an ask ran. */
  violation?:
    | {
        /** At most 200 of them. */
        changes: {
          /** From the zone's root; absolute where it is outside, as a worktree's git folder is. */
          path: string;
          /** `mode` is of rights or owner; `touched` was written and put back, or came and went, or only its times moved; `written` may be either of `changed` and `touched`: what it held before is not known. */
          kind: 'added' | 'removed' | 'changed' | 'mode' | 'touched' | 'written';
        }[];
        /** How many there are. */
        total: number;
        /** A unified diff where git's store has what was there before, else sizes; at most 64 Ki characters. */
        diff?: string | undefined;
        /** The diff does not tell all. */
        truncated?: boolean | undefined;
        /** Clones that were at work meanwhile and may have changed anything. */
        others: string[];
        /** Why not all of the zone was looked at. */
        partial?: string | undefined;
      }
    | undefined;
}

/** A brain's question to a human. */
export interface Approval {
  id: ApprovalId;
  clone: CloneName;
  task: TaskId;
  /** `budget` is the daemon's own: the clone has used what it may, and asks to go on. */
  kind: 'tool' | 'question' | 'budget';
  tool?: string | undefined;
  /** The tool's input; `{truncated, preview}` where it is long. */
  input?: Record<string, unknown> | undefined;
  questions?: Question[] | undefined;
  /** What a `budget` is about. */
  budget?:
    | {
        scope: 'task' | 'day';
        unit: 'tokens' | 'usd';
        used: number;
        /** What may be used, with what was allowed on top before. */
        limit: number;
        /** What `allow` adds; `allowAlways` lifts the limit for this task or day. */
        more: number;
      }
    | undefined;
  /** One line for a human. */
  title: string;
  status: ApprovalStatus;
  decision?: Decision | undefined;
  message?: string | undefined;
  answers?: Record<string, string> | undefined;
  requestedAt: Timestamp;
  /** When it is denied if nobody answers; missing where it waits for ever. */
  deadlineAt?: Timestamp | undefined;
  resolvedAt?: Timestamp | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** `expired` was denied by its deadline; `withdrawn` is no longer asked, as its turn ended. */
export type ApprovalStatus = 'pending' | 'allowed' | 'denied' | 'expired' | 'withdrawn';

/** `allowAlways` grants the same kind of request for the clone's life. */
export type Decision = 'allow' | 'allowAlways' | 'deny';

export interface Question {
  question: string;
  header?: string | undefined;
  options: {
    label: string;
    description?: string | undefined;
  }[];
  multiSelect: boolean;
}

/** Tokens and cost, as the brain reports them. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cacheWriteTokens: number;
  cacheReadTokens: number;
  /** US dollars, as the brain reports them. */
  costUsd: number;
}

export interface BrainInfo {
  name: string;
  summary: string;
  /** Takes `act` tasks. */
  dispatch: boolean;
  /** Takes `ask` tasks, read-only. */
  ask: boolean;
  /** Has a terminal to talk to. */
  talk: boolean;
  approvals: boolean;
  steer: boolean;
  /** Takes asks that run beside a clone (`aside`). */
  fork: boolean;
  usage: boolean;
}

export interface DaemonInfo {
  name: string;
  version: string;
  pid: number;
  startedAt: Timestamp;
}

export interface ZoneInfo {
  id: string;
  root: string;
}

/** A place in the event history. Hand back the last one you saw to miss nothing and see nothing twice. */
export interface Cursor {
  /** Number of the daemon incarnation that wrote the event; grows with each start. */
  epoch: number;
  /** Number of the event in the zone; grows by one and never starts again. */
  seq: number;
}

/** The history does not hold what came after `from`; what follows begins after `to`. A `to` before `from` says that `from` is no place of this history, as after a restored backup. */
export interface Gap {
  from: Cursor;
  to: Cursor;
}

/** A clone (`mechanic.1`), a role (`mechanic`) or a label (`label:key=value`). */
export type Who = string;

/** A role: a lower-case letter, then letters, digits and hyphens; at most 32. */
export type Role = string;

/** A clone, as `role.N`. */
export type CloneName = string;

/** Free labels; select by them with `label:key=value`. */
export type Labels = Record<string, string>;

/** Environment variables by name. */
export type EnvironmentMap = Record<string, string>;

/** The id of a task. */
export type TaskId = string;

/** The id of an approval. */
export type ApprovalId = string;

/** The id of a subscription; it ends with its connection. */
export type SubscriptionId = string;

/** ISO 8601, UTC, with milliseconds. */
export type Timestamp = string;

/** Milliseconds. */
export type DurationMs = number;

/** An object with no members of its own. */
export interface Empty {
  _meta?: Record<string, unknown> | undefined;
}

/** Something that happened in the zone. */
export type Event =
  | ZoneOpenedEvent
  | CloneEnrolledEvent
  | CloneUpdatedEvent
  | CloneStatusEvent
  | CloneRetiredEvent
  | TaskQueuedEvent
  | TaskStartedEvent
  | TaskFinishedEvent
  | MessageDeltaEvent
  | MessageCompletedEvent
  | MessageTypedEvent
  | ToolStartedEvent
  | ToolFinishedEvent
  | ApprovalRequestedEvent
  | ApprovalResolvedEvent
  | UsageUpdatedEvent
  | ZoneCheckedEvent
  | BrainFaultEvent;

/** A daemon opened the zone: a new epoch. */
export interface ZoneOpenedEvent {
  type: 'zone.opened';
  cursor: Cursor;
  at: Timestamp;
  _meta?: Record<string, unknown> | undefined;
  version: string;
}

export interface CloneEnrolledEvent {
  type: 'clone.enrolled';
  cursor: Cursor;
  at: Timestamp;
  _meta?: Record<string, unknown> | undefined;
  clone: CloneName;
  value: Clone;
}

export interface CloneUpdatedEvent {
  type: 'clone.updated';
  cursor: Cursor;
  at: Timestamp;
  _meta?: Record<string, unknown> | undefined;
  clone: CloneName;
  value: Clone;
}

export interface CloneStatusEvent {
  type: 'clone.status';
  cursor: Cursor;
  at: Timestamp;
  _meta?: Record<string, unknown> | undefined;
  clone: CloneName;
  status: CloneStatus;
  posture: Posture;
  task?: TaskId | undefined;
  /** With `off`, why its process is gone that was at rest. */
  reason?: 'idle' | 'memory' | 'asked' | 'limit' | 'died' | undefined;
}

export interface CloneRetiredEvent {
  type: 'clone.retired';
  cursor: Cursor;
  at: Timestamp;
  _meta?: Record<string, unknown> | undefined;
  clone: CloneName;
  value: Clone;
}

export interface TaskQueuedEvent {
  type: 'task.queued';
  cursor: Cursor;
  at: Timestamp;
  _meta?: Record<string, unknown> | undefined;
  clone?: CloneName | undefined;
  task: TaskId;
  value: Task;
}

export interface TaskStartedEvent {
  type: 'task.started';
  cursor: Cursor;
  at: Timestamp;
  _meta?: Record<string, unknown> | undefined;
  clone?: CloneName | undefined;
  task: TaskId;
  attempt: number;
  /** Of an ask. */
  sandbox?: 'bubblewrap' | 'sandboxExec' | 'none' | undefined;
}

export interface TaskFinishedEvent {
  type: 'task.finished';
  cursor: Cursor;
  at: Timestamp;
  _meta?: Record<string, unknown> | undefined;
  clone?: CloneName | undefined;
  task: TaskId;
  value: Task;
}

/** A piece of a message as it is written. Delivered live and not stored; its cursor is the last stored event's. */
export interface MessageDeltaEvent {
  type: 'message.delta';
  cursor: Cursor;
  at: Timestamp;
  _meta?: Record<string, unknown> | undefined;
  clone: CloneName;
  task: TaskId;
  message: string;
  /** UTF-16 units from the start of the message. */
  offset: number;
  text: string;
}

export interface MessageCompletedEvent {
  type: 'message.completed';
  cursor: Cursor;
  at: Timestamp;
  _meta?: Record<string, unknown> | undefined;
  clone: CloneName;
  /** Missing in a terminal. */
  task?: TaskId | undefined;
  message: string;
  text: string;
  /** The text was longer and its tail is left out. */
  truncated?: boolean | undefined;
}

/** What a human said to the brain in its terminal. */
export interface MessageTypedEvent {
  type: 'message.typed';
  cursor: Cursor;
  at: Timestamp;
  _meta?: Record<string, unknown> | undefined;
  clone: CloneName;
  message: string;
  text: string;
  /** The text was longer and its tail is left out. */
  truncated?: boolean | undefined;
}

export interface ToolStartedEvent {
  type: 'tool.started';
  cursor: Cursor;
  at: Timestamp;
  _meta?: Record<string, unknown> | undefined;
  clone: CloneName;
  /** Missing in a terminal. */
  task?: TaskId | undefined;
  tool: string;
  name: string;
  title: string;
  input?: Record<string, unknown> | undefined;
}

export interface ToolFinishedEvent {
  type: 'tool.finished';
  cursor: Cursor;
  at: Timestamp;
  _meta?: Record<string, unknown> | undefined;
  clone: CloneName;
  /** Missing in a terminal. */
  task?: TaskId | undefined;
  tool: string;
  failed: boolean;
  output: string;
  /** The text was longer and its tail is left out. */
  truncated?: boolean | undefined;
}

export interface ApprovalRequestedEvent {
  type: 'approval.requested';
  cursor: Cursor;
  at: Timestamp;
  _meta?: Record<string, unknown> | undefined;
  clone: CloneName;
  task: TaskId;
  approval: ApprovalId;
  value: Approval;
}

export interface ApprovalResolvedEvent {
  type: 'approval.resolved';
  cursor: Cursor;
  at: Timestamp;
  _meta?: Record<string, unknown> | undefined;
  clone: CloneName;
  task: TaskId;
  approval: ApprovalId;
  value: Approval;
}

export interface UsageUpdatedEvent {
  type: 'usage.updated';
  cursor: Cursor;
  at: Timestamp;
  _meta?: Record<string, unknown> | undefined;
  clone: CloneName;
  task: TaskId;
  usage: Usage;
  byModel: (Usage & {
    model: string;
  })[];
}

/** What the look at the zone after an ask found, where that is not simply nothing. */
export interface ZoneCheckedEvent {
  type: 'zone.checked';
  cursor: Cursor;
  at: Timestamp;
  _meta?: Record<string, unknown> | undefined;
  clone: CloneName;
  task: TaskId;
  /** `violated`: nobody of khlone explains the changes, and the task fails. `ambiguous`: the clones in `others` may have made them, and the task ends as it would. `unchecked`: the zone could not be looked at, or not whole; `partial` says why. */
  finding: 'violated' | 'ambiguous' | 'unchecked';
  /** At most 200 of them. */
  changes: {
    /** From the zone's root; absolute where it is outside, as a worktree's git folder is. */
    path: string;
    /** `mode` is of rights or owner; `touched` was written and put back, or came and went, or only its times moved; `written` may be either of `changed` and `touched`: what it held before is not known. */
    kind: 'added' | 'removed' | 'changed' | 'mode' | 'touched' | 'written';
  }[];
  /** How many there are. */
  total: number;
  /** A unified diff where git's store has what was there before, else sizes; at most 64 Ki characters. */
  diff?: string | undefined;
  /** The diff does not tell all. */
  truncated?: boolean | undefined;
  /** Clones that were at work meanwhile and may have changed anything. */
  others: string[];
  /** Why not all of the zone was looked at. */
  partial?: string | undefined;
}

/** The brain broke its own protocol and was survived. */
export interface BrainFaultEvent {
  type: 'brain.fault';
  cursor: Cursor;
  at: Timestamp;
  _meta?: Record<string, unknown> | undefined;
  clone: CloneName;
  task?: TaskId | undefined;
  reason: string;
}

/** Params of `initialize`. */
export interface InitializeParams {
  /** Newest version the client speaks. */
  protocolVersion: number;
  /** Oldest version the client speaks; the same as the newest by default. */
  minProtocolVersion?: number | undefined;
  clientInfo: {
    name: string;
    version: string;
  };
  capabilities?: string[] | undefined;
  /** The client's own variables that a brain may run with. Only those of the documented allow-list are kept; secrets among them stay in memory. */
  environment?: EnvironmentMap | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `initialize`. */
export interface InitializeResult {
  protocolVersion: number;
  daemon: DaemonInfo;
  zone: ZoneInfo;
  capabilities: {
    features: string[];
    brains: BrainInfo[];
  };
  /** The newest event; subscribe from here to hear all that follows. */
  cursor: Cursor;
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `ping`. */
export type PingParams = Empty;

/** Result of `ping`. */
export interface PingResult {
  at: Timestamp;
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `rpc.discover`. */
export type RpcDiscoverParams = Empty;

/** An OpenRPC 1.3 document. */
export type RpcDiscoverResult = Record<string, unknown>;

/** Params of `daemon/status`. */
export type DaemonStatusParams = Empty;

/** Result of `daemon/status`. */
export interface DaemonStatusResult {
  zone: ZoneInfo;
  daemon: DaemonInfo;
  uptimeMs: number;
  /** How many clones there are of each status. */
  clones: Record<string, number>;
  /** How many tasks there are of each status. */
  tasks: Record<string, number>;
  /** Approvals that wait for an answer. */
  approvals: number;
  clients: number;
  memory: {
    rssBytes: number;
    heapUsedBytes: number;
  };
  holder: {
    /** `process`: each brain runs under a small process of its own, its holder, and outlives a daemon that is killed. */
    kind: string;
    processes: number;
  };
  /** Whether changes can be written. While they cannot, calls that change anything end in `storageFailed`. */
  storage?:
    | {
        state: 'ok' | 'failing';
        /** What the disk says; with `failing` only. */
        reason?: string | undefined;
        /** When it began; with `failing` only. */
        since?: Timestamp | undefined;
      }
    | undefined;
  /** What this daemon has to end brains and to keep their limits (`enforced` of a clone). */
  supervision?:
    | {
        /** How all that a brain started is found at its end: `cgroup`: each has one of its own, which nothing leaves; `marker`: by environment, session and parents. */
        ends: 'cgroup' | 'marker';
        /** Why not by cgroups. */
        reason?: string | undefined;
        /** Whether bubblewrap can make PID namespaces (`limits.namespace`). */
        namespaces: boolean;
        memory: 'cgroup' | 'watchdog';
        cpus: 'cgroup' | 'affinity' | 'none';
      }
    | undefined;
  /** What stands around asks on this machine. */
  sandbox?:
    | {
        /** What stands around an ask's process; `none` where this machine gives nothing. */
        kind: 'bubblewrap' | 'sandboxExec' | 'none';
        /** Where no sandbox is to be had, an ask is refused (`require`), or runs without one and says so (`prefer`, the default). */
        setting: 'require' | 'prefer';
        /** Why there is none; with `none` only. */
        reason?: string | undefined;
        /** How to get one; with `none` only. */
        next?: string | undefined;
      }
    | undefined;
  paths: {
    socket: string;
    state: string;
    database: string;
    log: string;
  };
  cursor: Cursor;
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `daemon/stop`. */
export interface DaemonStopParams {
  /** Let running tasks end first; queued ones stay queued. */
  drain?: boolean | undefined;
  /** What becomes of the brains' processes. `end`, the default: they end with the daemon. `keep`: they work on under their holders, turns included, and the next daemon takes them up. */
  brains?: 'keep' | 'end' | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `daemon/stop`. */
export interface DaemonStopResult {
  /** The process that is ending. */
  pid: number;
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `clone/enroll`. */
export interface CloneEnrollParams {
  role: Role;
  /** `role.N`; the next number never used by default. */
  name?: CloneName | undefined;
  /** The supplier of its brain; `claude` by default. */
  brain?: string | undefined;
  /** The program and its arguments, for the brain `command`. */
  command?: string[] | undefined;
  /** How a program's terminal is set up, and how the end of a turn shows in it. */
  terminal?:
    | {
        /** JavaScript regular expression that the cursor's line matches when the program waits for input, as `[$#] $`: only that ends a turn, and a program that never shows it has until the task's time limit. By default a turn ends by the quiet time. */
        prompt?: string | undefined;
        /** A turn ends when nothing was printed for so long and nothing that the program runs is busy in front. 1 second by default. */
        quietMs?: DurationMs | undefined;
        cols?: number | undefined;
        rows?: number | undefined;
      }
    | undefined;
  /** Standing instructions, added to those of the brain. */
  brief?: string | undefined;
  model?: string | undefined;
  /** Directory to work in, inside the zone; the zone's root by default. */
  cwd?: string | undefined;
  /** Variables of its own, beside those of the allow-list that the client sent. */
  env?: EnvironmentMap | undefined;
  /** Let the brain reach this daemon: sets KHLONE_SOCKET for it. False by default. */
  grantSocket?: boolean | undefined;
  approvals?: ApprovalPolicy | undefined;
  /** Makes the role read-only, for good: every task of its clones is an ask, and nobody can talk to them. A later clone of such a role is read-only without being asked. False by default. */
  readOnly?: boolean | undefined;
  labels?: Labels | undefined;
  limits?: Limits | undefined;
  /** A conversation of the brain's that exists already, to go on with. */
  resume?: string | undefined;
  /** A call repeated with the same key has no second effect and gets the first answer. */
  idempotencyKey?: string | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `clone/enroll`. */
export type CloneEnrollResult = Clone;

/** Params of `clone/list`. */
export interface CloneListParams {
  role?: Role | undefined;
  labels?: Labels | undefined;
  status?: CloneStatus[] | undefined;
  /** 1,000 by default; fewer come where they are large. */
  limit?: number | undefined;
  /** Go on after this clone: the last page's `next`. */
  after?: CloneName | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `clone/list`. */
export interface CloneListResult {
  clones: Clone[];
  /** Where the next page starts; missing on the last. */
  next?: CloneName | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `clone/get`. */
export interface CloneGetParams {
  who: Who;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `clone/get`. */
export type CloneGetResult = Clone;

/** Params of `clone/update`. */
export interface CloneUpdateParams {
  who: Who;
  brief?: string | undefined;
  model?: string | undefined;
  /** Variables to set or replace; the others stay. */
  env?: EnvironmentMap | undefined;
  approvals?: ApprovalPolicy | undefined;
  /** Replaces all labels. */
  labels?: Labels | undefined;
  /** Replaces the members given; the others stay. */
  limits?: Limits | undefined;
  /** Replaces all of its settings; they hold for the next turn, a size for the next process. */
  terminal?:
    | {
        /** JavaScript regular expression that the cursor's line matches when the program waits for input, as `[$#] $`: only that ends a turn, and a program that never shows it has until the task's time limit. By default a turn ends by the quiet time. */
        prompt?: string | undefined;
        /** A turn ends when nothing was printed for so long and nothing that the program runs is busy in front. 1 second by default. */
        quietMs?: DurationMs | undefined;
        cols?: number | undefined;
        rows?: number | undefined;
      }
    | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `clone/update`. */
export type CloneUpdateResult = Clone;

/** Params of `clone/act`. */
export interface CloneActParams {
  who: Who;
  /** What to do, in words for the brain. */
  say: string;
  /** A call repeated with the same key has no second effect and gets the first answer. */
  idempotencyKey?: string | undefined;
  /** Longest run, waiting for approvals included; ends the turn as failed. */
  timeoutMs?: DurationMs | undefined;
  /** Higher goes first; 0 by default. Equal ones run in order. */
  priority?: number | undefined;
  labels?: Labels | undefined;
  /** Variables the clone was enrolled with and the daemon no longer holds. */
  env?: EnvironmentMap | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `clone/act`. */
export type CloneActResult = Task;

/** Params of `clone/ask`. */
export interface CloneAskParams {
  who: Who;
  /** What to do, in words for the brain. */
  say: string;
  /** A call repeated with the same key has no second effect and gets the first answer. */
  idempotencyKey?: string | undefined;
  /** Longest run, waiting for approvals included; ends the turn as failed. */
  timeoutMs?: DurationMs | undefined;
  /** Higher goes first; 0 by default. Equal ones run in order. */
  priority?: number | undefined;
  labels?: Labels | undefined;
  /** Variables the clone was enrolled with and the daemon no longer holds. */
  env?: EnvironmentMap | undefined;
  _meta?: Record<string, unknown> | undefined;
  /** Runs it at once, beside whatever the clone does, in a process of its own on a branch of the conversation; nothing of it stays there. `who` must stand for one clone, and `priority` means nothing. False by default. */
  aside?: boolean | undefined;
}

/** Result of `clone/ask`. */
export type CloneAskResult = Task;

/** Params of `clone/interrupt`. */
export type CloneInterruptParams = CloneGetParams;

/** Result of `clone/interrupt`. */
export type CloneInterruptResult = Clone;

/** Params of `clone/hibernate`. */
export interface CloneHibernateParams {
  who: Who;
  _meta?: Record<string, unknown> | undefined;
  /** Interrupt a running turn instead of waiting for it. */
  now?: boolean | undefined;
}

/** Result of `clone/hibernate`. */
export type CloneHibernateResult = Clone;

/** Params of `clone/restart`. */
export type CloneRestartParams = CloneGetParams;

/** Result of `clone/restart`. */
export type CloneRestartResult = Clone;

/** Params of `clone/retire`. */
export type CloneRetireParams = CloneGetParams;

/** Result of `clone/retire`. */
export type CloneRetireResult = Clone;

/** Params of `task/get`. */
export interface TaskGetParams {
  task: TaskId;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `task/get`. */
export type TaskGetResult = Task;

/** Params of `task/list`. */
export interface TaskListParams {
  who?: Who | undefined;
  status?: TaskStatus[] | undefined;
  kind?: TaskKind | undefined;
  /** 100 by default. */
  limit?: number | undefined;
  /** Go on after this task: the last page's `next`. */
  before?: TaskId | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `task/list`. */
export interface TaskListResult {
  tasks: Task[];
  /** Where the next page starts; missing on the last. */
  next?: TaskId | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `task/wait`. */
export interface TaskWaitParams {
  task: TaskId;
  /** Fail with waitTimeout after so long; the task goes on. No limit by default. */
  timeoutMs?: DurationMs | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `task/wait`. */
export type TaskWaitResult = Task;

/** Params of `task/cancel`. */
export type TaskCancelParams = TaskGetParams;

/** Result of `task/cancel`. */
export type TaskCancelResult = Task;

/** Params of `task/retry`. */
export type TaskRetryParams = TaskGetParams;

/** Result of `task/retry`. */
export type TaskRetryResult = Task;

/** Params of `approval/list`. */
export interface ApprovalListParams {
  who?: Who | undefined;
  /** `pending` by default. */
  status?: ApprovalStatus[] | undefined;
  /** 100 by default; fewer come where they are large. */
  limit?: number | undefined;
  /** Go on after this approval: the last page's `next`. */
  before?: ApprovalId | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `approval/list`. */
export interface ApprovalListResult {
  approvals: Approval[];
  /** Where the next page starts; missing on the last. */
  next?: ApprovalId | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `approval/respond`. */
export interface ApprovalRespondParams {
  approval: ApprovalId;
  decision: Decision;
  /** Words for the brain, with a denial. */
  message?: string | undefined;
  /** For a question that is allowed: the text of each question to an option's label, or to words of your own. */
  answers?: Record<string, string> | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `approval/respond`. */
export type ApprovalRespondResult = Approval;

/** Params of `event/subscribe`. */
export interface EventSubscribeParams {
  /** `tail` by default. */
  from?: 'start' | 'tail' | Cursor | undefined;
  /** Only events of these types. */
  types?: string[] | undefined;
  /** Only events of these clones: those it stands for at the moment of the call. */
  who?: Who | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `event/subscribe`. */
export interface EventSubscribeResult {
  subscription: SubscriptionId;
  /** The newest event at this moment. */
  cursor: Cursor;
  gap?: Gap | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `event/unsubscribe`. */
export interface EventUnsubscribeParams {
  subscription: SubscriptionId;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `event/unsubscribe`. */
export type EventUnsubscribeResult = Empty;

/** Params of `event/read`. */
export interface EventReadParams {
  /** `start` of the history, `tail` for what comes from now on, or just after a cursor. */
  from: 'start' | 'tail' | Cursor;
  /** 100 by default; fewer come where they are large. */
  limit?: number | undefined;
  /** `forward` by default. Backward gives the newest first. */
  direction?: 'forward' | 'backward' | undefined;
  /** Only events of these types. */
  types?: string[] | undefined;
  /** Only events of these clones: those it stands for at the moment of the call. */
  who?: Who | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `event/read`. */
export interface EventReadResult {
  events: Event[];
  /** Where to go on. */
  next: Cursor;
  /** Whether there is more in this direction now. */
  more: boolean;
  gap?: Gap | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `event/published`. */
export interface EventPublishedParams {
  subscription: SubscriptionId;
  events: Event[];
  /** Live-only events left out since the last message, as the client read too slowly. */
  skipped?: number | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `stream/attach`. */
export interface StreamAttachParams {
  who: Who;
  /** `talk` types and sets the size, `watch` reads only. */
  mode: 'talk' | 'watch';
  cols?: number | undefined;
  rows?: number | undefined;
  /** `text` (the default): UTF-8, characters never cut in two, invalid bytes replaced. `base64`: the exact bytes. */
  encoding?: 'text' | 'base64' | undefined;
  /** Lines above the screen to have in snapshots; 0 by default. */
  scrollback?: number | undefined;
  /** Take the place of the talker there is. */
  takeover?: boolean | undefined;
  /** Let a running turn end first (the default); `false` fails with cloneBusy instead. */
  wait?: boolean | undefined;
  /** Interrupt a running turn instead of waiting for it. */
  now?: boolean | undefined;
  /** Who answers the program's questions to its terminal while this talker is attached: a real terminal does so by itself (`client`, the default); a script leaves it to the `daemon`. */
  queries?: 'client' | 'daemon' | undefined;
  /** Send every byte however slowly they are read, as long as they are kept, instead of a fresh screen to a reader that is behind. */
  lossless?: boolean | undefined;
  /** This client can take a lane: a faster way past the daemon, where there is one. Clients that know none leave it out. */
  lane?: boolean | undefined;
  /** Where an earlier stream broke off: go on there, without a snapshot, if that is still kept. */
  from?:
    | {
        /** Names one life of a clone's terminal, from its start to the end of its program. */
        run: string;
        /** Bytes from the start of the run. */
        offset: number;
      }
    | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `stream/attach`. */
export interface StreamAttachResult {
  /** The id of a stream; it ends with its connection. */
  stream: string;
  clone: CloneName;
  /** Names one life of a clone's terminal, from its start to the end of its program. */
  run: string;
  cols: number;
  rows: number;
  /** Where the data will go on. */
  offset: number;
  /** Missing where `from` was taken up. */
  snapshot?:
    | {
        cols: number;
        rows: number;
        /** The screen is as it was before this byte; data goes on from here. */
        offset: number;
        /** Text with escape sequences that draws the screen and sets its modes on a cleared terminal of this size, the scrollback first. */
        data: string;
        title?: string | undefined;
        _meta?: Record<string, unknown> | undefined;
      }
    | undefined;
  /** Where the data will come instead of as `stream/data`, if that was asked for. */
  lane?:
    | {
        /** Path of a socket on the machine of the daemon. */
        socket: string;
        /** What to say there first: 16 bytes in hex, good for one connection. */
        token: string;
        _meta?: Record<string, unknown> | undefined;
      }
    | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `stream/write`. */
export interface StreamWriteParams {
  /** The id of a stream; it ends with its connection. */
  stream: string;
  /** In the stream's encoding. */
  data: string;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `stream/write`. */
export type StreamWriteResult = Empty;

/** Params of `stream/resize`. */
export interface StreamResizeParams {
  /** The id of a stream; it ends with its connection. */
  stream: string;
  cols: number;
  rows: number;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `stream/resize`. */
export type StreamResizeResult = Empty;

/** Params of `stream/ack`. */
export interface StreamAckParams {
  /** The id of a stream; it ends with its connection. */
  stream: string;
  /** Bytes from the start of the run. */
  offset: number;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `stream/ack`. */
export type StreamAckResult = Empty;

/** Params of `stream/resync`. */
export interface StreamResyncParams {
  /** The id of a stream; it ends with its connection. */
  stream: string;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `stream/resync`. */
export type StreamResyncResult = Empty;

/** Params of `stream/rejoin`. */
export interface StreamRejoinParams {
  /** The id of a stream; it ends with its connection. */
  stream: string;
  /** After the last byte the client has. */
  offset: number;
  cols: number;
  rows: number;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `stream/rejoin`. */
export type StreamRejoinResult = Empty;

/** Params of `stream/detach`. */
export interface StreamDetachParams {
  /** The id of a stream; it ends with its connection. */
  stream: string;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `stream/detach`. */
export type StreamDetachResult = Empty;

/** Params of `stream/screen`. */
export interface StreamScreenParams {
  who: Who;
  /** Lines above the screen; 0 by default. */
  scrollback?: number | undefined;
  /** With the escape sequences that draw it, too. */
  ansi?: boolean | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `stream/screen`. */
export interface StreamScreenResult {
  clone: CloneName;
  /** Names one life of a clone's terminal, from its start to the end of its program. */
  run: string;
  cols: number;
  rows: number;
  /** Bytes from the start of the run. */
  offset: number;
  /** Lines joined by line feeds, without blanks at their ends. */
  text: string;
  ansi?: string | undefined;
  /** In cells from the top left, from 0. */
  cursor: {
    x: number;
    y: number;
    visible: boolean;
  };
  title: string;
  /** Whether the program uses the alternate screen. */
  alternate: boolean;
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `stream/history`. */
export interface StreamHistoryParams {
  who: Who;
  /** Where to go on; the start of what is kept by default. */
  from?:
    | {
        /** Names one life of a clone's terminal, from its start to the end of its program. */
        run: string;
        /** Bytes from the start of the run. */
        offset: number;
      }
    | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `stream/history`. */
export interface StreamHistoryResult {
  clone: CloneName;
  /** Names one life of a clone's terminal, from its start to the end of its program. */
  run: string;
  /** Whether the program still runs. */
  live: boolean;
  entries: (
    | {
        type: 'output';
        at: Timestamp;
        /** Bytes from the start of the run. */
        offset: number;
        /** Bytes, as base64. */
        data: string;
      }
    | {
        type: 'resize';
        at: Timestamp;
        /** Bytes from the start of the run. */
        offset: number;
        cols: number;
        rows: number;
      }
  )[];
  /** Where to go on. */
  next: number;
  /** Whether more is there already. */
  more: boolean;
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `stream/data`. */
export interface StreamDataParams {
  /** The id of a stream; it ends with its connection. */
  stream: string;
  /** Of the first byte of `data`. */
  offset: number;
  /** After the last byte of `data`: what to acknowledge. */
  end: number;
  /** In the stream's encoding. */
  data: string;
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `stream/resized`. */
export interface StreamResizedParams {
  /** The id of a stream; it ends with its connection. */
  stream: string;
  /** Bytes from the start of the run. */
  offset: number;
  cols: number;
  rows: number;
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `stream/resynced`. */
export interface StreamResyncedParams {
  /** The id of a stream; it ends with its connection. */
  stream: string;
  /** `lost`: bytes are no longer kept. */
  reason: 'slow' | 'asked' | 'lost';
  /** A screen at one instant. */
  snapshot: {
    cols: number;
    rows: number;
    /** The screen is as it was before this byte; data goes on from here. */
    offset: number;
    /** Text with escape sequences that draws the screen and sets its modes on a cleared terminal of this size, the scrollback first. */
    data: string;
    title?: string | undefined;
    _meta?: Record<string, unknown> | undefined;
  };
  /** A new lane, for a client that can take one: the data goes on there. */
  lane?:
    | {
        /** Path of a socket on the machine of the daemon. */
        socket: string;
        /** What to say there first: 16 bytes in hex, good for one connection. */
        token: string;
        _meta?: Record<string, unknown> | undefined;
      }
    | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `stream/ended`. */
export interface StreamEndedParams {
  /** The id of a stream; it ends with its connection. */
  stream: string;
  /** Why a stream ended: the program `exited`; the client `detached`; another talker has `takenOver`; the client did not read and `stalled`; the clone changed its `posture`, as for a task; it was `retired`; the daemon is `stopping`. */
  reason: 'exited' | 'detached' | 'takenOver' | 'stalled' | 'posture' | 'retired' | 'stopping';
  /** How the program ended, where it did. */
  exit?:
    | {
        code?: number | undefined;
        signal?: string | undefined;
      }
    | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `usage/get`. */
export interface UsageGetParams {
  who?: Who | undefined;
  task?: TaskId | undefined;
  since?: Timestamp | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `usage/get`. */
export interface UsageGetResult {
  total: Usage;
  byClone: (Usage & {
    clone: CloneName;
  })[];
  byModel: (Usage & {
    model: string;
  })[];
  /** The newest 500 at most. */
  byTask: (Usage & {
    task: TaskId;
    clone: CloneName;
  })[];
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `zone/get`. */
export type ZoneGetParams = Empty;

/** Result of `zone/get`. */
export interface ZoneGetResult {
  /** Settings of the zone, kept with its state. Nothing in a repository changes them. */
  settings: {
    ask: {
      /** Where no sandbox is to be had, an ask is refused (`require`), or runs without one and says so (`prefer`, the default). */
      sandbox: 'require' | 'prefer';
    };
    _meta?: Record<string, unknown> | undefined;
  };
  /** What stands around asks on this machine. */
  sandbox: {
    /** What stands around an ask's process; `none` where this machine gives nothing. */
    kind: 'bubblewrap' | 'sandboxExec' | 'none';
    /** Where no sandbox is to be had, an ask is refused (`require`), or runs without one and says so (`prefer`, the default). */
    setting: 'require' | 'prefer';
    /** Why there is none; with `none` only. */
    reason?: string | undefined;
    /** How to get one; with `none` only. */
    next?: string | undefined;
  };
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `zone/set`. */
export interface ZoneSetParams {
  ask?:
    | {
        /** Where no sandbox is to be had, an ask is refused (`require`), or runs without one and says so (`prefer`, the default). */
        sandbox?: 'require' | 'prefer' | undefined;
      }
    | undefined;
  _meta?: Record<string, unknown> | undefined;
}

/** Settings of the zone, kept with its state. Nothing in a repository changes them. */
export interface ZoneSetResult {
  ask: {
    /** Where no sandbox is to be had, an ask is refused (`require`), or runs without one and says so (`prefer`, the default). */
    sandbox: 'require' | 'prefer';
  };
  _meta?: Record<string, unknown> | undefined;
}

/** Params of `sandbox/describe`. */
export interface SandboxDescribeParams {
  who: Who;
  /** Program and arguments. */
  command: string[];
  _meta?: Record<string, unknown> | undefined;
}

/** Result of `sandbox/describe`. */
export interface SandboxDescribeResult {
  clone: CloneName;
  /** What stands around an ask's process; `none` where this machine gives nothing. */
  sandbox: 'bubblewrap' | 'sandboxExec' | 'none';
  program: string;
  args: string[];
  cwd: string;
  /** Complete: nothing else is inherited. */
  env: EnvironmentMap;
  /** Secrets that the clone has and that are not told. */
  withheld: string[];
  _meta?: Record<string, unknown> | undefined;
}

/** The names of all event types. */
export type EventType =
  | 'zone.opened'
  | 'clone.enrolled'
  | 'clone.updated'
  | 'clone.status'
  | 'clone.retired'
  | 'task.queued'
  | 'task.started'
  | 'task.finished'
  | 'message.delta'
  | 'message.completed'
  | 'message.typed'
  | 'tool.started'
  | 'tool.finished'
  | 'approval.requested'
  | 'approval.resolved'
  | 'usage.updated'
  | 'zone.checked'
  | 'brain.fault';

/** Params and result of every method; a notification has no result. */
export interface Methods {
  initialize: { params: InitializeParams; result: InitializeResult };
  ping: { params: PingParams; result: PingResult };
  'rpc.discover': { params: RpcDiscoverParams; result: RpcDiscoverResult };
  'daemon/status': { params: DaemonStatusParams; result: DaemonStatusResult };
  'daemon/stop': { params: DaemonStopParams; result: DaemonStopResult };
  'clone/enroll': { params: CloneEnrollParams; result: CloneEnrollResult };
  'clone/list': { params: CloneListParams; result: CloneListResult };
  'clone/get': { params: CloneGetParams; result: CloneGetResult };
  'clone/update': { params: CloneUpdateParams; result: CloneUpdateResult };
  'clone/act': { params: CloneActParams; result: CloneActResult };
  'clone/ask': { params: CloneAskParams; result: CloneAskResult };
  'clone/interrupt': { params: CloneInterruptParams; result: CloneInterruptResult };
  'clone/hibernate': { params: CloneHibernateParams; result: CloneHibernateResult };
  'clone/restart': { params: CloneRestartParams; result: CloneRestartResult };
  'clone/retire': { params: CloneRetireParams; result: CloneRetireResult };
  'task/get': { params: TaskGetParams; result: TaskGetResult };
  'task/list': { params: TaskListParams; result: TaskListResult };
  'task/wait': { params: TaskWaitParams; result: TaskWaitResult };
  'task/cancel': { params: TaskCancelParams; result: TaskCancelResult };
  'task/retry': { params: TaskRetryParams; result: TaskRetryResult };
  'approval/list': { params: ApprovalListParams; result: ApprovalListResult };
  'approval/respond': { params: ApprovalRespondParams; result: ApprovalRespondResult };
  'event/subscribe': { params: EventSubscribeParams; result: EventSubscribeResult };
  'event/unsubscribe': { params: EventUnsubscribeParams; result: EventUnsubscribeResult };
  'event/read': { params: EventReadParams; result: EventReadResult };
  'event/published': { params: EventPublishedParams; result: undefined };
  'stream/attach': { params: StreamAttachParams; result: StreamAttachResult };
  'stream/write': { params: StreamWriteParams; result: StreamWriteResult };
  'stream/resize': { params: StreamResizeParams; result: StreamResizeResult };
  'stream/ack': { params: StreamAckParams; result: StreamAckResult };
  'stream/resync': { params: StreamResyncParams; result: StreamResyncResult };
  'stream/rejoin': { params: StreamRejoinParams; result: StreamRejoinResult };
  'stream/detach': { params: StreamDetachParams; result: StreamDetachResult };
  'stream/screen': { params: StreamScreenParams; result: StreamScreenResult };
  'stream/history': { params: StreamHistoryParams; result: StreamHistoryResult };
  'stream/data': { params: StreamDataParams; result: undefined };
  'stream/resized': { params: StreamResizedParams; result: undefined };
  'stream/resynced': { params: StreamResyncedParams; result: undefined };
  'stream/ended': { params: StreamEndedParams; result: undefined };
  'usage/get': { params: UsageGetParams; result: UsageGetResult };
  'zone/get': { params: ZoneGetParams; result: ZoneGetResult };
  'zone/set': { params: ZoneSetParams; result: ZoneSetResult };
  'sandbox/describe': { params: SandboxDescribeParams; result: SandboxDescribeResult };
}
