import { KhloneError } from '../protocol/error.js';
import { endingOfError, type Ending } from './exit.js';
import type { Output } from './output.js';
import { sentence } from './render/sanitize.js';
import { wordIssues } from './wording.js';

/** The registry's code of `invalidParams`. */
const invalidParams = -32602;

/** An error for words on the command line that cannot be understood, in the shape every other error has. */
export function usageError(message: string, hint: string): KhloneError {
  const summary = message.replace(/\.$/, '');
  return new KhloneError(invalidParams, `${summary}.`, {
    kind: 'invalidParams',
    retryable: false,
    hint,
    details: { summary, issues: [{ path: '', message: summary }] },
  });
}

/** The same error in words for this place. */
export function retold(error: KhloneError, message: string, hint: string): KhloneError {
  const { code, kind, retryable, details } = error;
  return new KhloneError(code, message, { kind, retryable, hint, details });
}

/** An error as `--json` prints it. */
interface ErrorReport {
  readonly kind: string;
  readonly code: number;
  readonly message: string;
  readonly hint: string;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Describes any failure in the shape of the registry; what is none of its kinds is `internalError`. */
function describeFailure(error: unknown): ErrorReport {
  if (error instanceof KhloneError) {
    const { kind, code, message, hint, retryable, details } = error;
    return { kind, code, message, hint, retryable, details };
  }
  const reason = error instanceof Error ? error.message : String(error);
  return {
    kind: 'internalError',
    code: -32603,
    message: `The command failed inside: ${reason}`,
    hint: 'Run `khlone doctor`; if all is well there, report this.',
    retryable: false,
    details: { reason },
  };
}

/** For a person: a parameter is what was typed, and the schema of no interest. */
function atTheShell(error: unknown, verb: string | undefined): unknown {
  const message = error instanceof KhloneError ? wordIssues(error) : undefined;
  if (message === undefined) return error;
  return retold(error as KhloneError, message, `see khlone ${verb === undefined ? '' : `${verb} `}--help`);
}

/**
 * Tells the user of a failure: two lines on stderr, or with `--json` one object on stdout, so that whoever parses
 * stdout always finds JSON there.
 */
export function reportFailure(error: unknown, out: Output, verb?: string): Ending {
  const report = describeFailure(out.json ? error : atTheShell(error, verb));
  if (out.json) out.object({ error: report });
  else {
    const { style } = out.notes;
    out.note(`${style.red('khlone:')} ${sentence(report.message)}\n`);
    if (report.hint !== '') out.note(`  next: ${sentence(report.hint)}\n`);
  }
  return endingOfError(report.kind);
}
