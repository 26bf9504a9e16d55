// Generated from protocol/table.ts by `npm run generate`. Do not edit.

/** Every error by kind. `{member}` in a text is filled from the details. */
export const errorRows = {
  parseError: {
    code: -32700,
    message: 'The frame is not valid JSON: {reason}.',
    hint: 'Send one UTF-8 JSON object per frame, with an exact Content-Length.',
    retryable: false,
  },
  invalidRequest: {
    code: -32600,
    message: 'The message is not a valid request: {reason}.',
    hint: 'Send a single JSON-RPC 2.0 object; batches are not part of this protocol.',
    retryable: false,
  },
  methodNotFound: {
    code: -32601,
    message: 'There is no method {method}.',
    hint: 'Call rpc.discover, or run `khlone schema`, for the methods of this daemon.',
    retryable: false,
  },
  invalidParams: {
    code: -32602,
    message: 'The parameters are not valid: {summary}.',
    hint: 'Mend the members named in details.issues; `khlone schema` prints what is expected.',
    retryable: false,
  },
  internalError: {
    code: -32603,
    message: 'The daemon failed inside (incident {incident}).',
    hint: 'Look for the incident in the daemon log (`khlone doctor` prints its path) and report it.',
    retryable: false,
  },
  cancelled: {
    code: -32800,
    message: 'The call was cancelled.',
    hint: 'Nothing to do: the caller withdrew it.',
    retryable: true,
  },
  notInitialized: {
    code: -32020,
    message: '{method} was sent before initialize.',
    hint: 'Send initialize first, and wait for its answer.',
    retryable: false,
  },
  versionUnsupported: {
    code: -32021,
    message: 'The client speaks version {requested} of the protocol, this daemon {supported}.',
    hint: 'Bring both to one release: `npm install khlone@latest`, then `khlone daemon restart`; brains and turns go on.',
    retryable: false,
  },
  tooManyRequests: {
    code: -32022,
    message: 'More than {limit} requests are in flight on this connection.',
    hint: 'Wait for answers before sending more.',
    retryable: true,
  },
  shuttingDown: {
    code: -32023,
    message: 'The daemon is stopping.',
    hint: 'Connect again: the next call starts a new daemon.',
    retryable: true,
  },
  cloneNotFound: {
    code: -32024,
    message: 'No clone answers to {who}.',
    hint: 'Run `khlone status` for the clones of this zone, or `khlone enroll <role>` for a new one.',
    retryable: false,
  },
  cloneAmbiguous: {
    code: -32025,
    message: '{who} stands for several clones: {candidates}.',
    hint: 'Name one of them.',
    retryable: false,
  },
  cloneNameTaken: {
    code: -32026,
    message: "The name {name} is taken, now or in this zone's history.",
    hint: 'Leave the name out to get the next free one, or choose another number.',
    retryable: false,
  },
  cloneRetired: {
    code: -32027,
    message: '{clone} is retired.',
    hint: 'Enroll a new clone with `khlone enroll <role>`; its history stays readable.',
    retryable: false,
  },
  cloneFailed: {
    code: -32028,
    message: '{clone} is parked: its brain failed {failures} times within ten minutes. Last: {reason}.',
    hint: 'Mend the cause, then run `khlone restart {clone}` to let it try again.',
    retryable: false,
  },
  brainUnknown: {
    code: -32058,
    message: 'There is no brain {brain}.',
    hint: 'Choose one of: {known}.',
    retryable: false,
  },
  brainMissing: {
    code: -32029,
    message: "The brain {brain} runs the program {program}, which is not on the client's PATH.",
    hint: '{install}',
    retryable: false,
  },
  brainLoggedOut: {
    code: -32030,
    message: 'The brain {brain} is not logged in: {reason}.',
    hint: '{login}',
    retryable: false,
  },
  brainDied: {
    code: -32031,
    message: "The brain's process ended in mid-turn ({ending}).",
    hint: 'The conversation is kept: run the task again with `khlone retry <task>`, or send the next one.',
    retryable: true,
  },
  brainSilent: {
    code: -32032,
    message: 'The brain said nothing for {silentMs} ms and was ended.',
    hint: 'The conversation is kept: `khlone retry <task>` tries again in a new process.',
    retryable: true,
  },
  brainOutOfMemory: {
    code: -32068,
    message: "The brain's processes used more than the {memoryMb} MiB that {clone} may have, and were ended.",
    hint: 'Give it less to do at a time, or more: `khlone update {clone} --memory <size>`; then `khlone retry <task>`.',
    retryable: false,
  },
  brainNoResult: {
    code: -32067,
    message: 'The brain spoke its last message and never said that its turn is over: {reason}.',
    hint: 'What it said is kept with the task; read it before `khlone retry <task>` runs the task again.',
    retryable: true,
  },
  usageLimit: {
    code: -32070,
    message: "The model's usage limit is reached: {reason}.",
    hint: 'The task goes on by itself at {until}; `khlone restart <clone>` tries at once, `khlone cancel <task>` gives it up.',
    retryable: true,
  },
  budgetExceeded: {
    code: -32071,
    message: '{clone} has used {used} of the {limit} that it may use for {scope}.',
    hint: 'Allow more with `khlone approve`, or raise it: `khlone update {clone} --help`; then `khlone retry <task>`.',
    retryable: false,
  },
  turnTooLong: {
    code: -32072,
    message: 'The brain worked for longer than the {maxTurnMs} ms that a turn may take.',
    hint: 'The conversation is kept: `khlone retry <task>` goes on, after `khlone update` with a longer limit.',
    retryable: true,
  },
  brainError: {
    code: -32033,
    message: 'The brain reported an error: {reason}.',
    hint: 'Read the reason; `khlone retry <task>` tries again on the same conversation.',
    retryable: true,
  },
  environmentMissing: {
    code: -32034,
    message: '{clone} needs variables the daemon no longer holds: {names}.',
    hint: 'Set them in your shell, then run `{command}`.',
    retryable: false,
  },
  capabilityMissing: {
    code: -32035,
    message: 'The brain {brain} cannot {capability}.',
    hint: 'Choose a brain that can: `khlone doctor` lists what each one does.',
    retryable: false,
  },
  taskNotFound: {
    code: -32036,
    message: 'There is no task {task}.',
    hint: 'Run `khlone tasks` for the tasks of this zone.',
    retryable: false,
  },
  taskNotRetryable: {
    code: -32037,
    message: 'Task {task} is {status}; only a failed, cancelled, interrupted or parked task is retried.',
    hint: 'Send the text again as a new task instead.',
    retryable: false,
  },
  taskFinished: {
    code: -32038,
    message: 'Task {task} has ended already: it is {status}.',
    hint: 'Nothing to cancel; `khlone task {task}` shows how it ended.',
    retryable: false,
  },
  taskTimeout: {
    code: -32039,
    message: 'The task ran longer than its limit of {timeoutMs} ms and its turn was ended.',
    hint: 'The conversation is kept: give the task again with a longer limit (`--timeout`, `timeoutMs`).',
    retryable: false,
  },
  taskInterrupted: {
    code: -32040,
    message: 'The task was interrupted: {reason}.',
    hint: 'The conversation is kept: `khlone retry <task>` runs it again.',
    retryable: false,
  },
  taskCancelled: {
    code: -32041,
    message: 'The task was cancelled: {reason}.',
    hint: '`khlone retry <task>` runs it after all.',
    retryable: false,
  },
  readOnlyViolated: {
    code: -32073,
    message:
      'The zone changed while this ask ran, and no task of khlone explains it: {summary}. Somebody outside khlone (an editor, a build that watches) may have done it.',
    hint: 'Look at the changes with `khlone task <task>`. What changes by itself is left out by `khlone update {clone} --ask-ignore <pattern>`.',
    retryable: false,
  },
  waitTimeout: {
    code: -32042,
    message: 'Task {task} has not ended within {timeoutMs} ms.',
    hint: 'It goes on; wait again, or read its events.',
    retryable: true,
  },
  queueFull: {
    code: -32043,
    message: '{who} has {limit} tasks queued already.',
    hint: 'Wait for some to end, or enroll another clone of the role.',
    retryable: true,
  },
  idempotencyConflict: {
    code: -32044,
    message: 'The idempotency key {key} was used for a different call.',
    hint: 'Use a new key for a new call; the same key repeats only the very same one.',
    retryable: false,
  },
  approvalNotFound: {
    code: -32045,
    message: 'There is no approval {approval}.',
    hint: 'Run `khlone approvals` for what is waiting.',
    retryable: false,
  },
  approvalResolved: {
    code: -32046,
    message: 'Approval {approval} is {status} already.',
    hint: 'The first answer counts; nothing is left to do.',
    retryable: false,
  },
  subscriptionNotFound: {
    code: -32047,
    message: 'This connection has no subscription {subscription}.',
    hint: 'Subscriptions end with their connection; subscribe again from your last cursor.',
    retryable: false,
  },
  limitReached: {
    code: -32048,
    message: 'The limit of {limit} {what} is reached.',
    hint: 'Stay below it: fewer at a time, or smaller ones.',
    retryable: false,
  },
  zoneInvalid: {
    code: -32049,
    message: '{path} cannot be a zone: {reason}.',
    hint: 'Name an existing directory, with `--zone <dir>`.',
    retryable: false,
  },
  pathTooLong: {
    code: -32050,
    message: 'The socket path has {bytes} bytes, over the {limit} a unix socket can have: {path}.',
    hint: 'Set XDG_RUNTIME_DIR or KHLONE_SOCKET to a shorter path.',
    retryable: false,
  },
  pathUnsafe: {
    code: -32051,
    message: '{path} is not safe to use: {reason}.',
    hint: 'Mend what it says: folders must be yours with mode 0700, files with 0600, no links, paths absolute; `khlone doctor` prints the command.',
    retryable: false,
  },
  databaseNewer: {
    code: -32052,
    message: 'The database {path} has version {found}; this khlone knows up to {supported}.',
    hint: 'Update khlone (`npm install khlone@latest`); the database is untouched.',
    retryable: false,
  },
  storageFailed: {
    code: -32053,
    message: "The zone's state could not be written: {reason}.",
    hint: 'Free some disk space or mend the folder (`khlone doctor` prints it), then call again.',
    retryable: true,
  },
  zoneLocked: {
    code: -32054,
    message: 'Another daemon serves this zone.',
    hint: 'Use it: `khlone daemon status`. To replace it, `khlone daemon stop` first.',
    retryable: false,
  },
  daemonUnreachable: {
    code: -32055,
    message: 'No daemon answers at {socket}: {reason}.',
    hint: 'Run `khlone doctor`, or `khlone daemon run` to see why it does not start.',
    retryable: true,
  },
  connectionLost: {
    code: -32056,
    message: 'The connection to the daemon was lost before the answer came.',
    hint: 'Call again; a task sent with an idempotencyKey is never run twice.',
    retryable: true,
  },
  slowReader: {
    code: -32057,
    message: 'The client did not read {bytes} bytes of what it asked for and was let go.',
    hint: 'Connect again and go on from the last cursor.',
    retryable: true,
  },
  serviceUnavailable: {
    code: -32069,
    message: 'No service can be managed here: {manager} does not answer ({reason}). Nothing was written.',
    hint: 'khlone works without a service: any command starts the daemon. `khlone service install --print` shows what one would be.',
    retryable: false,
  },
  sandboxMissing: {
    code: -32074,
    message: 'No sandbox can be had here for an ask: {reason}.',
    hint: '{next} To let asks run with their other layers alone: `khlone config ask.sandbox prefer`.',
    retryable: false,
  },
  cloneReadOnly: {
    code: -32085,
    message: '{clone} is read-only for good: it takes asks, and nothing else.',
    hint: 'Ask it (`khlone ask {clone} <text>`), watch it (`khlone watch {clone}`), or enroll a clone of another role.',
    retryable: false,
  },
  roleReadOnly: {
    code: -32086,
    message: 'The role {role} is read-only for good, since {clone} was enrolled.',
    hint: 'Enroll a clone that may change things in another role.',
    retryable: false,
  },
  roleMayAct: {
    code: -32087,
    message: 'The role {role} cannot become read-only: {clone} of it may change things.',
    hint: 'Enroll the read-only clone in another role, or retire that one first: `khlone retire {clone}`.',
    retryable: false,
  },
  clonePaused: {
    code: -32088,
    message: '{clone} is paused, and nothing runs beside it: {reason}',
    hint: 'Let it go on (`khlone approvals`), wait for the time that `khlone status` tells, or ask without --aside: that waits.',
    retryable: true,
  },
  asidesFull: {
    code: -32089,
    message: '{clone} has {limit} asides on already.',
    hint: 'Wait for one of them to end (`khlone tasks`), or ask without --aside.',
    retryable: true,
  },
  cloneBusy: {
    code: -32059,
    message: '{clone} is working on task {task}.',
    hint: 'Wait for its end, or interrupt it: `khlone talk {clone} --now`.',
    retryable: true,
  },
  noTerminal: {
    code: -32060,
    message: '{clone} has no terminal now: its posture is {posture}.',
    hint: 'Open one with `khlone talk {clone}`; `khlone watch {clone}` shows what it says without one, `khlone record {clone} - --all` what the last one had shown.',
    retryable: true,
  },
  streamTaken: {
    code: -32061,
    message: '{talker} talks to {clone} already.',
    hint: 'Watch it with `khlone watch {clone} --terminal`, or take its place with `khlone talk {clone} --takeover`.',
    retryable: true,
  },
  streamNotFound: {
    code: -32062,
    message: 'This connection has no stream {stream}.',
    hint: 'Streams end with their connection; attach again from the last offset you have read.',
    retryable: false,
  },
  streamEnded: {
    code: -32063,
    message: 'The stream {stream} has ended: {reason}.',
    hint: 'Attach again, with `stream/attach` or `khlone talk`.',
    retryable: false,
  },
  streamReadOnly: {
    code: -32064,
    message: 'The stream {stream} only watches.',
    hint: 'Attach with mode `talk` to type and to set the size.',
    retryable: false,
  },
  ackInvalid: {
    code: -32065,
    message: 'Byte {offset} of the stream {stream} cannot be acknowledged: {sent} were sent.',
    hint: 'Acknowledge the `end` of the last `stream/data` you have read.',
    retryable: false,
  },
  inputFull: {
    code: -32066,
    message: 'The program of {clone} does not read its input: {bytes} bytes wait already.',
    hint: 'Write again when it reads, or end its turn with Ctrl-C.',
    retryable: true,
  },
} as const;

/** The typed details of every kind. */
export interface DetailsByKind {
  /** The frame is not valid JSON: {reason}. */
  parseError: {
    reason: string;
  };
  /** The message is not a valid request: {reason}. */
  invalidRequest: {
    reason: string;
  };
  /** There is no method {method}. */
  methodNotFound: {
    method: string;
  };
  /** The parameters are not valid: {summary}. */
  invalidParams: {
    summary: string;
    issues: {
      path: string;
      message: string;
    }[];
  };
  /** The daemon failed inside (incident {incident}). */
  internalError: {
    incident: string;
  };
  /** The call was cancelled. */
  cancelled: Record<string, never>;
  /** {method} was sent before initialize. */
  notInitialized: {
    method: string;
  };
  /** The client speaks version {requested} of the protocol, this daemon {supported}. */
  versionUnsupported: {
    requested: number;
    supported: number[];
  };
  /** More than {limit} requests are in flight on this connection. */
  tooManyRequests: {
    limit: number;
  };
  /** The daemon is stopping. */
  shuttingDown: Record<string, never>;
  /** No clone answers to {who}. */
  cloneNotFound: {
    who: string;
    known: string[];
  };
  /** {who} stands for several clones: {candidates}. */
  cloneAmbiguous: {
    who: string;
    candidates: string[];
  };
  /** The name {name} is taken, now or in this zone's history. */
  cloneNameTaken: {
    name: string;
  };
  /** {clone} is retired. */
  cloneRetired: {
    clone: string;
  };
  /** {clone} is parked: its brain failed {failures} times within ten minutes. Last: {reason}. */
  cloneFailed: {
    clone: string;
    failures: number;
    reason: string;
  };
  /** There is no brain {brain}. */
  brainUnknown: {
    brain: string;
    known: string[];
  };
  /** The brain {brain} runs the program {program}, which is not on the client's PATH. */
  brainMissing: {
    brain: string;
    program: string;
    install: string;
  };
  /** The brain {brain} is not logged in: {reason}. */
  brainLoggedOut: {
    brain: string;
    reason: string;
    login: string;
  };
  /** The brain's process ended in mid-turn ({ending}). */
  brainDied: {
    ending: string;
    stderr: string;
  };
  /** The brain said nothing for {silentMs} ms and was ended. */
  brainSilent: {
    silentMs: number;
  };
  /** The brain's processes used more than the {memoryMb} MiB that {clone} may have, and were ended. */
  brainOutOfMemory: {
    clone: string;
    memoryMb: number;
  };
  /** The brain spoke its last message and never said that its turn is over: {reason}. */
  brainNoResult: {
    reason: string;
  };
  /** The model's usage limit is reached: {reason}. */
  usageLimit: {
    reason: string;
    until: string;
  };
  /** {clone} has used {used} of the {limit} that it may use for {scope}. */
  budgetExceeded: {
    clone: string;
    used: string;
    limit: string;
    scope: string;
  };
  /** The brain worked for longer than the {maxTurnMs} ms that a turn may take. */
  turnTooLong: {
    maxTurnMs: number;
  };
  /** The brain reported an error: {reason}. */
  brainError: {
    reason: string;
  };
  /** {clone} needs variables the daemon no longer holds: {names}. */
  environmentMissing: {
    clone: string;
    names: string[];
    command: string;
  };
  /** The brain {brain} cannot {capability}. */
  capabilityMissing: {
    brain: string;
    capability: string;
  };
  /** There is no task {task}. */
  taskNotFound: {
    task: string;
  };
  /** Task {task} is {status}; only a failed, cancelled, interrupted or parked task is retried. */
  taskNotRetryable: {
    task: string;
    status: string;
  };
  /** Task {task} has ended already: it is {status}. */
  taskFinished: {
    task: string;
    status: string;
  };
  /** The task ran longer than its limit of {timeoutMs} ms and its turn was ended. */
  taskTimeout: {
    timeoutMs: number;
  };
  /** The task was interrupted: {reason}. */
  taskInterrupted: {
    reason: string;
  };
  /** The task was cancelled: {reason}. */
  taskCancelled: {
    reason: string;
  };
  /** The zone changed while this ask ran, and no task of khlone explains it: {summary}. Somebody outside khlone (an editor, a build that watches) may have done it. */
  readOnlyViolated: {
    clone: string;
    summary: string;
    violation: {
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
    };
  };
  /** Task {task} has not ended within {timeoutMs} ms. */
  waitTimeout: {
    task: string;
    timeoutMs: number;
  };
  /** {who} has {limit} tasks queued already. */
  queueFull: {
    who: string;
    limit: number;
  };
  /** The idempotency key {key} was used for a different call. */
  idempotencyConflict: {
    key: string;
  };
  /** There is no approval {approval}. */
  approvalNotFound: {
    approval: string;
  };
  /** Approval {approval} is {status} already. */
  approvalResolved: {
    approval: string;
    status: string;
  };
  /** This connection has no subscription {subscription}. */
  subscriptionNotFound: {
    subscription: string;
  };
  /** The limit of {limit} {what} is reached. */
  limitReached: {
    what: string;
    limit: number;
  };
  /** {path} cannot be a zone: {reason}. */
  zoneInvalid: {
    path: string;
    reason: string;
  };
  /** The socket path has {bytes} bytes, over the {limit} a unix socket can have: {path}. */
  pathTooLong: {
    path: string;
    bytes: number;
    limit: number;
  };
  /** {path} is not safe to use: {reason}. */
  pathUnsafe: {
    path: string;
    reason: string;
  };
  /** The database {path} has version {found}; this khlone knows up to {supported}. */
  databaseNewer: {
    path: string;
    found: number;
    supported: number;
  };
  /** The zone's state could not be written: {reason}. */
  storageFailed: {
    reason: string;
  };
  /** Another daemon serves this zone. */
  zoneLocked: {
    path: string;
  };
  /** No daemon answers at {socket}: {reason}. */
  daemonUnreachable: {
    socket: string;
    reason: string;
  };
  /** The connection to the daemon was lost before the answer came. */
  connectionLost: Record<string, never>;
  /** The client did not read {bytes} bytes of what it asked for and was let go. */
  slowReader: {
    bytes: number;
  };
  /** No service can be managed here: {manager} does not answer ({reason}). Nothing was written. */
  serviceUnavailable: {
    manager: string;
    reason: string;
  };
  /** No sandbox can be had here for an ask: {reason}. */
  sandboxMissing: {
    reason: string;
    next: string;
  };
  /** {clone} is read-only for good: it takes asks, and nothing else. */
  cloneReadOnly: {
    clone: string;
  };
  /** The role {role} is read-only for good, since {clone} was enrolled. */
  roleReadOnly: {
    role: string;
    clone: string;
  };
  /** The role {role} cannot become read-only: {clone} of it may change things. */
  roleMayAct: {
    role: string;
    clone: string;
  };
  /** {clone} is paused, and nothing runs beside it: {reason} */
  clonePaused: {
    clone: string;
    reason: string;
  };
  /** {clone} has {limit} asides on already. */
  asidesFull: {
    clone: string;
    limit: number;
  };
  /** {clone} is working on task {task}. */
  cloneBusy: {
    clone: string;
    task: string;
  };
  /** {clone} has no terminal now: its posture is {posture}. */
  noTerminal: {
    clone: string;
    posture: string;
  };
  /** {talker} talks to {clone} already. */
  streamTaken: {
    clone: string;
    talker: string;
  };
  /** This connection has no stream {stream}. */
  streamNotFound: {
    stream: string;
  };
  /** The stream {stream} has ended: {reason}. */
  streamEnded: {
    stream: string;
    reason: string;
  };
  /** The stream {stream} only watches. */
  streamReadOnly: {
    stream: string;
  };
  /** Byte {offset} of the stream {stream} cannot be acknowledged: {sent} were sent. */
  ackInvalid: {
    stream: string;
    offset: number;
    sent: number;
  };
  /** The program of {clone} does not read its input: {bytes} bytes wait already. */
  inputFull: {
    clone: string;
    bytes: number;
  };
}

/** The kinds of the registry. */
export type ErrorKind = keyof DetailsByKind;

/** The typed details of one kind. */
export type ErrorDetails<K extends ErrorKind> = DetailsByKind[K];
