import { z } from 'zod';

/** One row of the error registry: everything a client may learn about one kind of failure. */
export interface ErrorRow {
  /** JSON-RPC code: the standard's own, or ours from -32020 downwards, never reused. */
  readonly code: number;
  /** What happened; `{member}` is filled from the details. */
  readonly message: string;
  /** The next step to take; `{member}` is filled from the details. */
  readonly hint: string;
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean;
  /** Typed details of this kind. */
  readonly details: z.ZodObject<z.ZodRawShape>;
}

const nothing = z.object({});
const names = z.array(z.string());

/**
 * Every error that leaves the daemon or the client, by kind. Codes are for life: a row that goes
 * leaves its number unused.
 */
export const errorRegistry = {
  parseError: {
    code: -32700,
    message: 'The frame is not valid JSON: {reason}.',
    hint: 'Send one UTF-8 JSON object per frame, with an exact Content-Length.',
    retryable: false,
    details: z.object({ reason: z.string() }),
  },
  invalidRequest: {
    code: -32600,
    message: 'The message is not a valid request: {reason}.',
    hint: 'Send a single JSON-RPC 2.0 object; batches are not part of this protocol.',
    retryable: false,
    details: z.object({ reason: z.string() }),
  },
  methodNotFound: {
    code: -32601,
    message: 'There is no method {method}.',
    hint: 'Call rpc.discover, or run `khlone schema`, for the methods of this daemon.',
    retryable: false,
    details: z.object({ method: z.string() }),
  },
  invalidParams: {
    code: -32602,
    message: 'The parameters are not valid: {summary}.',
    hint: 'Mend the members named in details.issues; `khlone schema` prints what is expected.',
    retryable: false,
    details: z.object({
      summary: z.string(),
      issues: z.array(z.object({ path: z.string(), message: z.string() })),
    }),
  },
  internalError: {
    code: -32603,
    message: 'The daemon failed inside (incident {incident}).',
    hint: 'Look for the incident in the daemon log (`khlone doctor` prints its path) and report it.',
    retryable: false,
    details: z.object({ incident: z.string() }),
  },
  cancelled: {
    code: -32800,
    message: 'The call was cancelled.',
    hint: 'Nothing to do: the caller withdrew it.',
    retryable: true,
    details: nothing,
  },
  notInitialized: {
    code: -32020,
    message: '{method} was sent before initialize.',
    hint: 'Send initialize first, and wait for its answer.',
    retryable: false,
    details: z.object({ method: z.string() }),
  },
  versionUnsupported: {
    code: -32021,
    message: 'The client speaks version {requested} of the protocol, this daemon {supported}.',
    hint: 'Bring both to one release: `npm install khlone@latest`, then end the old daemon by a SIGTERM to its pid (`khlone zones`).',
    retryable: false,
    details: z.object({ requested: z.number(), supported: z.array(z.number()) }),
  },
  tooManyRequests: {
    code: -32022,
    message: 'More than {limit} requests are in flight on this connection.',
    hint: 'Wait for answers before sending more.',
    retryable: true,
    details: z.object({ limit: z.number() }),
  },
  shuttingDown: {
    code: -32023,
    message: 'The daemon is stopping.',
    hint: 'Connect again: the next call starts a new daemon.',
    retryable: true,
    details: nothing,
  },
  cloneNotFound: {
    code: -32024,
    message: 'No clone answers to {who}.',
    hint: 'Run `khlone status` for the clones of this zone, or `khlone enroll <role>` for a new one.',
    retryable: false,
    details: z.object({ who: z.string(), known: names }),
  },
  cloneAmbiguous: {
    code: -32025,
    message: '{who} stands for several clones: {candidates}.',
    hint: 'Name one of them.',
    retryable: false,
    details: z.object({ who: z.string(), candidates: names }),
  },
  cloneNameTaken: {
    code: -32026,
    message: "The name {name} is taken, now or in this zone's history.",
    hint: 'Leave the name out to get the next free one, or choose another number.',
    retryable: false,
    details: z.object({ name: z.string() }),
  },
  cloneRetired: {
    code: -32027,
    message: '{clone} is retired.',
    hint: 'Enroll a new clone with `khlone enroll <role>`; its history stays readable.',
    retryable: false,
    details: z.object({ clone: z.string() }),
  },
  cloneFailed: {
    code: -32028,
    message: '{clone} is parked: its brain failed {failures} times within ten minutes. Last: {reason}.',
    hint: 'Mend the cause, then run `khlone interrupt {clone}` to let it try again.',
    retryable: false,
    details: z.object({ clone: z.string(), failures: z.number(), reason: z.string() }),
  },
  brainUnknown: {
    code: -32058,
    message: 'There is no brain {brain}.',
    hint: 'Choose one of: {known}.',
    retryable: false,
    details: z.object({ brain: z.string(), known: names }),
  },
  brainMissing: {
    code: -32029,
    message: "The brain {brain} runs the program {program}, which is not on the client's PATH.",
    hint: '{install}',
    retryable: false,
    details: z.object({ brain: z.string(), program: z.string(), install: z.string() }),
  },
  brainLoggedOut: {
    code: -32030,
    message: 'The brain {brain} is not logged in: {reason}.',
    hint: '{login}',
    retryable: false,
    details: z.object({ brain: z.string(), reason: z.string(), login: z.string() }),
  },
  brainDied: {
    code: -32031,
    message: "The brain's process ended in mid-turn ({ending}).",
    hint: 'The conversation is kept: run the task again with `khlone retry <task>`, or send the next one.',
    retryable: true,
    details: z.object({ ending: z.string(), stderr: z.string() }),
  },
  brainSilent: {
    code: -32032,
    message: 'The brain said nothing for {silentMs} ms and was ended.',
    hint: 'The conversation is kept: `khlone retry <task>` tries again in a new process.',
    retryable: true,
    details: z.object({ silentMs: z.number() }),
  },
  brainError: {
    code: -32033,
    message: 'The brain reported an error: {reason}.',
    hint: 'Read the reason; `khlone retry <task>` tries again on the same conversation.',
    retryable: true,
    details: z.object({ reason: z.string() }),
  },
  environmentMissing: {
    code: -32034,
    message: '{clone} needs variables the daemon no longer holds: {names}.',
    hint: 'Set them in your shell, then run `{command}`.',
    retryable: false,
    details: z.object({ clone: z.string(), names, command: z.string() }),
  },
  capabilityMissing: {
    code: -32035,
    message: 'The brain {brain} cannot {capability}.',
    hint: 'Choose a brain that can: `khlone doctor` lists what each one does.',
    retryable: false,
    details: z.object({ brain: z.string(), capability: z.string() }),
  },
  taskNotFound: {
    code: -32036,
    message: 'There is no task {task}.',
    hint: 'Run `khlone tasks` for the tasks of this zone.',
    retryable: false,
    details: z.object({ task: z.string() }),
  },
  taskNotRetryable: {
    code: -32037,
    message: 'Task {task} is {status}; only a failed, cancelled, interrupted or parked task is retried.',
    hint: 'Send the text again as a new task instead.',
    retryable: false,
    details: z.object({ task: z.string(), status: z.string() }),
  },
  taskFinished: {
    code: -32038,
    message: 'Task {task} has ended already: it is {status}.',
    hint: 'Nothing to cancel; `khlone task {task}` shows how it ended.',
    retryable: false,
    details: z.object({ task: z.string(), status: z.string() }),
  },
  taskTimeout: {
    code: -32039,
    message: 'The task ran longer than its limit of {timeoutMs} ms and its turn was ended.',
    hint: 'The conversation is kept: give the task again with a longer limit (`--timeout`, `timeoutMs`).',
    retryable: false,
    details: z.object({ timeoutMs: z.number() }),
  },
  taskInterrupted: {
    code: -32040,
    message: 'The task was interrupted: {reason}.',
    hint: 'The conversation is kept: `khlone retry <task>` runs it again.',
    retryable: false,
    details: z.object({ reason: z.string() }),
  },
  taskCancelled: {
    code: -32041,
    message: 'The task was cancelled: {reason}.',
    hint: '`khlone retry <task>` runs it after all.',
    retryable: false,
    details: z.object({ reason: z.string() }),
  },
  waitTimeout: {
    code: -32042,
    message: 'Task {task} has not ended within {timeoutMs} ms.',
    hint: 'It goes on; wait again, or read its events.',
    retryable: true,
    details: z.object({ task: z.string(), timeoutMs: z.number() }),
  },
  queueFull: {
    code: -32043,
    message: '{who} has {limit} tasks queued already.',
    hint: 'Wait for some to end, or enroll another clone of the role.',
    retryable: true,
    details: z.object({ who: z.string(), limit: z.number() }),
  },
  idempotencyConflict: {
    code: -32044,
    message: 'The idempotency key {key} was used for a different call.',
    hint: 'Use a new key for a new call; the same key repeats only the very same one.',
    retryable: false,
    details: z.object({ key: z.string() }),
  },
  approvalNotFound: {
    code: -32045,
    message: 'There is no approval {approval}.',
    hint: 'Run `khlone approvals` for what is waiting.',
    retryable: false,
    details: z.object({ approval: z.string() }),
  },
  approvalResolved: {
    code: -32046,
    message: 'Approval {approval} is {status} already.',
    hint: 'The first answer counts; nothing is left to do.',
    retryable: false,
    details: z.object({ approval: z.string(), status: z.string() }),
  },
  subscriptionNotFound: {
    code: -32047,
    message: 'This connection has no subscription {subscription}.',
    hint: 'Subscriptions end with their connection; subscribe again from your last cursor.',
    retryable: false,
    details: z.object({ subscription: z.string() }),
  },
  limitReached: {
    code: -32048,
    message: 'The limit of {limit} {what} is reached.',
    hint: 'Stay below it: fewer at a time, or smaller ones.',
    retryable: false,
    details: z.object({ what: z.string(), limit: z.number() }),
  },
  zoneInvalid: {
    code: -32049,
    message: '{path} cannot be a zone: {reason}.',
    hint: 'Name an existing directory, with `--zone <dir>`.',
    retryable: false,
    details: z.object({ path: z.string(), reason: z.string() }),
  },
  pathTooLong: {
    code: -32050,
    message: 'The socket path has {bytes} bytes, over the {limit} a unix socket can have: {path}.',
    hint: 'Set XDG_RUNTIME_DIR or KHLONE_SOCKET to a shorter path.',
    retryable: false,
    details: z.object({ path: z.string(), bytes: z.number(), limit: z.number() }),
  },
  pathUnsafe: {
    code: -32051,
    message: '{path} is not safe to use: {reason}.',
    hint: 'Mend what it says: folders must be yours with mode 0700, files with 0600, no links, paths absolute; `khlone doctor` prints the command.',
    retryable: false,
    details: z.object({ path: z.string(), reason: z.string() }),
  },
  databaseNewer: {
    code: -32052,
    message: 'The database {path} has version {found}; this khlone knows up to {supported}.',
    hint: 'Update khlone (`npm install khlone@latest`); the database is untouched.',
    retryable: false,
    details: z.object({ path: z.string(), found: z.number(), supported: z.number() }),
  },
  storageFailed: {
    code: -32053,
    message: "The zone's state could not be written: {reason}.",
    hint: 'Free some disk space or mend the folder (`khlone doctor` prints it), then call again.',
    retryable: true,
    details: z.object({ reason: z.string() }),
  },
  zoneLocked: {
    code: -32054,
    message: 'Another daemon serves this zone.',
    hint: 'Use it: `khlone daemon status`. To replace it, `khlone daemon stop` first.',
    retryable: false,
    details: z.object({ path: z.string() }),
  },
  daemonUnreachable: {
    code: -32055,
    message: 'No daemon answers at {socket}: {reason}.',
    hint: 'Run `khlone doctor`, or `khlone daemon run` to see why it does not start.',
    retryable: true,
    details: z.object({ socket: z.string(), reason: z.string() }),
  },
  connectionLost: {
    code: -32056,
    message: 'The connection to the daemon was lost before the answer came.',
    hint: 'Call again; a task sent with an idempotencyKey is never run twice.',
    retryable: true,
    details: nothing,
  },
  slowReader: {
    code: -32057,
    message: 'The client did not read {bytes} bytes of what it asked for and was let go.',
    hint: 'Connect again and go on from the last cursor.',
    retryable: true,
    details: z.object({ bytes: z.number() }),
  },
  cloneBusy: {
    code: -32059,
    message: '{clone} is working on task {task}.',
    hint: 'Wait for its end, or interrupt it: `khlone talk {clone} --now`.',
    retryable: true,
    details: z.object({ clone: z.string(), task: z.string() }),
  },
  noTerminal: {
    code: -32060,
    message: '{clone} has no terminal now: its posture is {posture}.',
    hint: 'Open one with `khlone talk {clone}`; `khlone watch {clone}` shows what it says without one.',
    retryable: true,
    details: z.object({ clone: z.string(), posture: z.string() }),
  },
  streamTaken: {
    code: -32061,
    message: '{talker} talks to {clone} already.',
    hint: 'Watch it with `khlone watch {clone} --terminal`, or take its place with `khlone talk {clone} --takeover`.',
    retryable: true,
    details: z.object({ clone: z.string(), talker: z.string() }),
  },
  streamNotFound: {
    code: -32062,
    message: 'This connection has no stream {stream}.',
    hint: 'Streams end with their connection; attach again from the last offset you have read.',
    retryable: false,
    details: z.object({ stream: z.string() }),
  },
  streamEnded: {
    code: -32063,
    message: 'The stream {stream} has ended: {reason}.',
    hint: 'Attach again, with `stream/attach` or `khlone talk`.',
    retryable: false,
    details: z.object({ stream: z.string(), reason: z.string() }),
  },
  streamReadOnly: {
    code: -32064,
    message: 'The stream {stream} only watches.',
    hint: 'Attach with mode `talk` to type and to set the size.',
    retryable: false,
    details: z.object({ stream: z.string() }),
  },
  ackInvalid: {
    code: -32065,
    message: 'Byte {offset} of the stream {stream} cannot be acknowledged: {sent} were sent.',
    hint: 'Acknowledge the `end` of the last `stream/data` you have read.',
    retryable: false,
    details: z.object({ stream: z.string(), offset: z.number(), sent: z.number() }),
  },
  inputFull: {
    code: -32066,
    message: 'The program of {clone} does not read its input: {bytes} bytes wait already.',
    hint: 'Write again when it reads, or end its turn with Ctrl-C.',
    retryable: true,
    details: z.object({ clone: z.string(), bytes: z.number() }),
  },
} as const satisfies Record<string, ErrorRow>;

/** The kinds of the registry. */
export type ErrorKind = keyof typeof errorRegistry;

/** The typed details of one kind. */
export type ErrorDetails<K extends ErrorKind> = z.infer<(typeof errorRegistry)[K]['details']>;
