/** Exit codes of the CLI, and what each one says. They are printed by `khlone --help` and never change meaning. */
export const exitCodes = {
  done: { code: 0, means: 'done' },
  failed: { code: 1, means: 'the task failed, or something else went wrong' },
  usage: { code: 2, means: 'the command was not understood' },
  notFound: { code: 3, means: 'no such clone, task or approval' },
  refused: { code: 4, means: 'not possible as things stand: retired, taken, ended, queue full' },
  cancelled: { code: 5, means: 'the task was cancelled' },
  interrupted: { code: 6, means: 'the task was interrupted, or is parked' },
  leftRunning: { code: 7, means: 'no longer waited for; the task goes on' },
  brain: { code: 8, means: 'the brain is missing, logged out or lacks a variable' },
  decided: { code: 9, means: 'the approval was decided already' },
  unreachable: { code: 10, means: 'no daemon answers, or it could not start' },
} as const;

/** The name of an ending. */
export type Ending = keyof typeof exitCodes;

const endingOfKind: Readonly<Record<string, Ending>> = {
  invalidParams: 'usage',
  methodNotFound: 'usage',
  zoneInvalid: 'usage',
  brainUnknown: 'usage',
  cloneNotFound: 'notFound',
  taskNotFound: 'notFound',
  approvalNotFound: 'notFound',
  cloneAmbiguous: 'refused',
  cloneNameTaken: 'refused',
  cloneRetired: 'refused',
  cloneFailed: 'refused',
  taskNotRetryable: 'refused',
  taskFinished: 'refused',
  queueFull: 'refused',
  idempotencyConflict: 'refused',
  limitReached: 'refused',
  zoneLocked: 'refused',
  capabilityMissing: 'refused',
  serviceUnavailable: 'refused',
  sandboxMissing: 'refused',
  cloneBusy: 'refused',
  noTerminal: 'refused',
  streamTaken: 'refused',
  streamReadOnly: 'refused',
  streamEnded: 'refused',
  inputFull: 'refused',
  waitTimeout: 'leftRunning',
  brainMissing: 'brain',
  brainLoggedOut: 'brain',
  environmentMissing: 'brain',
  approvalResolved: 'decided',
  daemonUnreachable: 'unreachable',
  connectionLost: 'unreachable',
  shuttingDown: 'unreachable',
  versionUnsupported: 'unreachable',
  pathTooLong: 'unreachable',
  pathUnsafe: 'unreachable',
  databaseNewer: 'unreachable',
};

/** The ending for an error of a kind; `failed` for one that has no ending of its own. */
export function endingOfError(kind: string): Ending {
  return endingOfKind[kind] ?? 'failed';
}

/** The part of a task that tells how it ended. */
export interface TaskEnd {
  readonly status: string;
  readonly error?: { readonly kind: string } | undefined;
}

/** The ending for a task as it stands. */
export function endingOfTask({ status, error }: TaskEnd): Ending {
  switch (status) {
    case 'done':
      return 'done';
    case 'failed':
      return error !== undefined && endingOfError(error.kind) === 'brain' ? 'brain' : 'failed';
    case 'cancelled':
      return 'cancelled';
    case 'interrupted':
    case 'parked':
      return 'interrupted';
    default:
      return 'leftRunning';
  }
}
