import type { KhloneError } from '../../protocol/error.js';
import { fail, isKhloneError } from '../../protocol/fail.js';
import type { ErrorDetails } from '../../protocol/errors.js';
import type { Limits } from '../../protocol/shapes/clone.js';
import type { TaskError } from '../../protocol/shapes/task.js';
import { cut, maxErrorLength, maxResultLength } from '../events/cut.js';
import type { CloneFailure } from '../store/cloneTable.js';
import type { TaskEnd } from './queue.js';
import type { TurnEnd, TurnStop } from './turn.js';

/** The part of an error that a task or clone keeps. */
export function errorView(error: KhloneError): TaskError {
  const kept = isKhloneError(error, 'readOnlyViolated') ? { violation: error.details.violation } : {};
  return { kind: error.kind, message: error.message, hint: error.hint, ...kept };
}

/** What a parked clone answers to work. */
export function cloneFailed(clone: string, failure: CloneFailure): KhloneError {
  return fail('cloneFailed', { clone, ...failure });
}

/** The same error with its words cleaned of secrets, and no longer than is kept. */
export function cleanError(error: TaskError, redact: (text: string) => string): TaskError {
  const clean = (text: string): string => cut(redact(text), maxErrorLength).text;
  return { ...error, message: clean(error.message), hint: clean(error.hint) };
}

/** How a task ends that khlone stops. */
export function endByStop(stop: TurnStop): TaskEnd {
  return stop.step === 'requeue' ? { step: 'requeue' } : { step: stop.step, error: errorView(stop.error) };
}

type UsageLimit = KhloneError & { readonly details: ErrorDetails<'usageLimit'> };

const isUsageLimit = (error: KhloneError): error is UsageLimit => error.kind === 'usageLimit';

/** How a task ends with its turn. */
export function endByTurn(end: TurnEnd, redact: (text: string) => string, limits: Limits): TaskEnd {
  const { stop, outcome } = end;
  const said = outcome.text !== '' || outcome.status === 'done';
  const result = said ? { result: cut(redact(outcome.text), maxResultLength) } : {};
  if (stop) return { ...endByStop(stop), ...result };
  switch (outcome.status) {
    case 'done':
      return { step: 'done', ...result };
    case 'failed': {
      const error = cleanError(errorView(outcome.error), redact);
      if (!isUsageLimit(outcome.error)) return { step: 'fail', error, ...result };
      const { until } = outcome.error.details;
      if (limits.onUsageLimit === 'fail') {
        const hint = `The limit is over at ${until}; \`khlone retry <task>\` runs it again then.`;
        return { step: 'fail', error: { ...error, hint }, ...result };
      }
      const notBefore = Date.parse(until);
      return { step: 'requeue', error, notBefore, untouched: !end.touched, ...result };
    }
    case 'interrupted': {
      // Nobody here asked for it: the brain ended its turn by itself.
      const error = errorView(fail('taskInterrupted', { reason: 'the brain ended its turn' }));
      return { step: 'interrupt', error, ...result };
    }
  }
}

/** Failures of the process rather than of the task: these count towards parking its clone. */
const brokenProcess: ReadonlySet<string> = new Set([
  'brainDied',
  'brainSilent',
  'brainNoResult',
  'brainOutOfMemory',
  'brainMissing',
]);

/** Whether a turn ended since its process broke. */
export function isBroken({ stop, outcome }: TurnEnd): boolean {
  return !stop && outcome.status === 'failed' && brokenProcess.has(outcome.error.kind);
}
