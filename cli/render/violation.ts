import type { Event, TaskError } from '../../client/generated/types.js';
import { oneLine, sanitize } from './sanitize.js';
import type { Style } from './style.js';

/** What changed in the zone while an ask ran. */
type Findings = Pick<
  NonNullable<TaskError['violation']>,
  'changes' | 'total' | 'diff' | 'truncated' | 'partial'
>;

/** Paths that are named one by one. */
const most = 20;

/** The paths, one a line, each with how it changed. */
export function violationLines({ changes, total, partial }: Findings, style: Style): string[] {
  const named = changes.slice(0, most);
  const lines = named.map(({ path, kind }) => `    ${style.red(kind.padEnd(8))} ${oneLine(path)}`);
  if (total > named.length)
    lines.push(style.dim(`    ${style.symbols.ellipsis} and ${total - named.length} more`));
  if (partial !== undefined) lines.push(style.yellow(`    not all was looked at: ${oneLine(partial)}`));
  return lines;
}

/** The paths and the diff, below a task. */
export function renderViolation(findings: Findings, style: Style): string {
  const diff = sanitize(findings.diff ?? '')
    .split('\n')
    .slice(0, -1);
  const painted = diff.map((line) => diffPaint(line, style)(line));
  const cut =
    findings.truncated === true ? [style.dim(`${style.symbols.ellipsis} the rest was too long to keep`)] : [];
  const lines = [...violationLines(findings, style), '', ...painted, ...cut];
  return `${lines.join('\n')}\n`;
}

/** What a look at the zone found that leaves the task as it is; nothing where the task itself tells. */
export function checkedLines(event: Extract<Event, { type: 'zone.checked' }>, style: Style): string[] {
  switch (event.finding) {
    case 'ambiguous': {
      const heading = `the zone changed meanwhile; ${event.others.join(', ')} may have done it, or this ask`;
      return [`  ${style.yellow(`! ${oneLine(heading)}`)}`, ...violationLines(event, style)];
    }
    case 'unchecked': {
      const heading = `the zone was not looked at for changes, or not whole: ${event.partial ?? ''}`;
      return [`  ${style.yellow(`! ${oneLine(heading)}`)}`];
    }
    default:
      return [];
  }
}

function diffPaint(line: string, style: Style): (text: string) => string {
  if (line.startsWith('+') && !line.startsWith('+++')) return style.green;
  if (line.startsWith('-') && !line.startsWith('---')) return style.red;
  return style.dim;
}
