import type { Event, Task } from '../../client/generated/types.js';
import { approvalTitle, renderApprovalHelp } from './answer.js';
import { renderApprovalDetail, renderApprovalHeading, renderResolved } from './approval.js';
import { formatTime } from './format.js';
import { ChunkSanitizer, oneLine, sanitize, sentence } from './sanitize.js';
import type { Style } from './style.js';
import { kindText, renderFinish } from './task.js';
import { checkedLines, violationLines } from './violation.js';
import { truncate } from './width.js';

/** How a transcript is written. */
export interface TranscriptView {
  readonly style: Style;
  readonly columns?: number | undefined;
  /**
   * `single`: one task, so that a message flows out as it is written. `shared`: several clones may speak at
   * once, so that whole lines are written, each with its clone's name.
   */
  readonly mode: 'single' | 'shared';
  /** Whether it is said how to answer an approval; not where a prompt asks, or where it is decided already. */
  readonly explains: (request: ApprovalRequested) => boolean;
}

/** The event of an approval that is asked for. */
export type ApprovalRequested = Extract<Event, { type: 'approval.requested' }>;

/** The tool by which brains ask: its use is told as the question it is, and never by its name. */
const questionTool = 'AskUserQuestion';

interface OpenMessage {
  readonly clone: string;
  readonly sanitizer: ChunkSanitizer;
  /** UTF-16 units of the message that went into the sanitizer. */
  seen: number;
  /** The unfinished last line, in `shared` mode. */
  line: string;
}

/** Most tasks and tools whose words are remembered for later lines. */
const remembered = 1000;

/** Turns events into text for a terminal. Unknown events give nothing. */
export class Transcript {
  readonly #view: TranscriptView;
  readonly #messages = new Map<string, OpenMessage>();
  readonly #tools = new Map<string, string>();
  readonly #tasks = new Map<string, Pick<Task, 'kind' | 'aside' | 'say'>>();
  /** Approvals that were announced here and stand, each with its clone. */
  readonly #approvals = new Map<string, string>();
  /** Tool uses that ask a question and have not ended. */
  readonly #questions = new Set<string>();
  /** The tool use that the last line tells of. */
  #lastTool: { readonly clone: string; readonly title: string } | undefined;
  /** The message whose unfinished line the cursor stands on, in `single` mode. */
  #midLine: string | undefined;

  constructor(view: TranscriptView) {
    this.#view = view;
  }

  /** The text an event adds; empty where it adds none. */
  add(event: Event): string {
    const { style } = this.#view;
    switch (event.type) {
      case 'message.delta':
        return this.#delta(event);
      case 'message.completed':
        return this.#completed(event);
      case 'message.typed':
        return this.#typed(event);
      case 'task.queued':
        remember(this.#tasks, event.task, event.value);
        return this.#postponed(event.clone, event.value);
      case 'task.started':
        return this.#started(event);
      case 'task.finished':
        this.#tasks.delete(event.task);
        return this.#lines(event.clone, finishLines(event.value, style));
      case 'tool.started':
        return this.#toolStarted(event);
      case 'tool.finished':
        return this.#toolFinished(event);
      case 'approval.requested':
        return this.#requested(event);
      case 'approval.resolved':
        return this.#resolved(event);
      case 'brain.fault':
        return this.#lines(event.clone, [`  ${style.yellow(`! ${oneLine(event.reason)}`)}`]);
      case 'zone.checked':
        return this.#lines(event.clone, checkedLines(event, style));
      case 'zone.opened':
        return this.#whole([style.dim(`-- daemon started, ${formatTime(event.at)}`)]);
      case 'clone.enrolled':
        return this.#lines(event.clone, [style.dim(`enrolled with the brain ${oneLine(event.value.brain)}`)]);
      case 'clone.retired':
        return this.#lines(event.clone, [style.dim('retired')]);
      case 'clone.status':
        return this.#status(event);
      default:
        return '';
    }
  }

  /** Ends an unfinished line, so that something else can be written. */
  breakLine(): string {
    if (this.#midLine === undefined) return '';
    this.#midLine = undefined;
    return '\n';
  }

  /** A task that went back into its queue for a time. */
  #postponed(clone: string | undefined, { notBefore, error }: Task): string {
    if (notBefore === undefined || clone === undefined) return '';
    const { style } = this.#view;
    const why = sentence(error?.message ?? 'It waits for a time.');
    return this.#lines(clone, [style.yellow(`${why} It goes on at ${formatTime(notBefore)}.`)]);
  }

  #started(event: Extract<Event, { type: 'task.started' }>): string {
    const { style } = this.#view;
    const task = this.#tasks.get(event.task);
    const again = event.attempt > 1 ? ` (attempt ${event.attempt})` : '';
    const bare = event.sandbox === 'none' ? ' (no sandbox)' : '';
    const said = task === undefined ? '' : ` ${kindText(task)}: ${oneLine(task.say)}`;
    const line = this.#fit(
      `${style.symbols.started} ${event.task}${again}${bare}${said}`,
      this.#prefix(event.clone),
    );
    const time = this.#view.mode === 'shared' ? `\n  ${style.dim(formatTime(event.at))}` : '';
    return this.#lines(event.clone, `${style.bold(line)}${time}`.split('\n'));
  }

  #delta(event: Extract<Event, { type: 'message.delta' }>): string {
    const open = this.#open(event.message, event.clone);
    // A piece that does not join on (its forerunner was skipped) waits for the complete message.
    if (event.offset > open.seen) return '';
    const fresh = event.text.slice(open.seen - event.offset);
    if (fresh === '') return '';
    open.seen += fresh.length;
    return this.#flow(event.message, open, open.sanitizer.push(fresh));
  }

  #completed(event: Extract<Event, { type: 'message.completed' }>): string {
    const open = this.#open(event.message, event.clone);
    const rest = open.sanitizer.push(event.text.slice(open.seen)) + open.sanitizer.end();
    const cut = event.truncated === true ? ` ${this.#view.style.symbols.ellipsis} (cut)` : '';
    const text = this.#flow(event.message, open, `${rest}${cut}`);
    this.#messages.delete(event.message);
    if (this.#view.mode === 'single') return text + (this.#midLine === event.message ? this.breakLine() : '');
    return text + (open.line === '' ? '' : `${this.#prefix(event.clone)}${open.line}\n`);
  }

  /** What a human said in the clone's terminal, marked as the quotation it is, every line of it. */
  #typed(event: Extract<Event, { type: 'message.typed' }>): string {
    const { style } = this.#view;
    const cut = event.truncated === true ? ` ${style.symbols.ellipsis} (cut)` : '';
    const lines = `${sanitize(event.text).trimEnd()}${cut}`.split('\n');
    return this.#lines(
      event.clone,
      lines.map((line) => `${style.bold('>')} ${line}`),
    );
  }

  #open(message: string, clone: string): OpenMessage {
    const known = this.#messages.get(message);
    if (known !== undefined) return known;
    const open = { clone, sanitizer: new ChunkSanitizer(), seen: 0, line: '' };
    remember(this.#messages, message, open);
    return open;
  }

  #flow(message: string, open: OpenMessage, text: string): string {
    if (text === '') return '';
    this.#lastTool = undefined;
    if (this.#view.mode === 'single') {
      const before = this.#midLine === undefined || this.#midLine === message ? '' : this.breakLine();
      this.#midLine = text.endsWith('\n') ? undefined : message;
      return before + text;
    }
    const lines = (open.line + text).split('\n');
    open.line = lines.pop() ?? '';
    return lines.map((line) => `${this.#prefix(open.clone)}${line}\n`).join('');
  }

  #toolStarted(event: Extract<Event, { type: 'tool.started' }>): string {
    if (event.name === questionTool) {
      this.#questions.add(event.tool);
      return '';
    }
    const { style } = this.#view;
    const title = oneLine(event.title);
    remember(this.#tools, event.tool, title);
    const text = this.#lines(event.clone, [`  ${style.cyan(style.symbols.bullet)} ${title}`]);
    this.#lastTool = { clone: event.clone, title };
    return text;
  }

  #toolFinished(event: Extract<Event, { type: 'tool.finished' }>): string {
    // The answer, or that there is none, was told with the approval.
    if (this.#questions.delete(event.tool)) return '';
    const { style } = this.#view;
    const title = this.#tools.get(event.tool);
    this.#tools.delete(event.tool);
    const lines = sanitize(event.output)
      .split('\n')
      .filter((line) => line.trim() !== '');
    const first = oneLine(lines[0] ?? '') || (event.failed ? 'failed' : 'done');
    const more = lines.length > 1 ? ` (+${lines.length - 1} lines)` : '';
    const named = this.#tools.size > 0 && title !== undefined ? `${title}: ` : '';
    const sign = event.failed ? style.symbols.failed : style.symbols.done;
    const text = this.#fit(`${named}${first}${more}`, `${this.#prefix(event.clone)}    x `);
    const paint = event.failed ? style.red : style.dim;
    return this.#lines(event.clone, [`    ${paint(`${sign} ${text}`)}`]);
  }

  #requested(event: ApprovalRequested): string {
    const { style, explains } = this.#view;
    const { value, clone } = event;
    remember(this.#approvals, event.approval, clone);
    const detail = renderApprovalDetail(value, style).split('\n').slice(0, -1);
    const justTold = this.#lastTool?.clone === clone && this.#lastTool.title === approvalTitle(value);
    const heading = justTold ? `${clone} wants your word on this` : renderApprovalHeading(value);
    const lines = [`  ${style.yellow(`? ${heading}`)}`, ...detail];
    if (explains(event)) lines.push(`    answer: ${renderApprovalHelp(value)}`);
    return this.#lines(clone, lines);
  }

  #status(event: Extract<Event, { type: 'clone.status' }>): string {
    const line = statusLine(event, this.#view.style);
    // A status that adds nothing does not break the line that is being written.
    return line === undefined ? '' : this.#lines(event.clone, [line]);
  }

  #resolved(event: Extract<Event, { type: 'approval.resolved' }>): string {
    const standing = [...this.#approvals.values()].filter((clone) => clone === event.clone);
    const announced = this.#approvals.delete(event.approval);
    const titled = !announced || standing.length > 1;
    return this.#lines(event.clone, [`  ${renderResolved(event.value, this.#view.style, { titled })}`]);
  }

  #prefix(clone: string | undefined): string {
    if (this.#view.mode === 'single' || clone === undefined) return '';
    return `${this.#view.style.magenta(clone)} ${this.#view.style.symbols.bar} `;
  }

  #lines(clone: string | undefined, lines: readonly string[]): string {
    return this.#whole(lines.map((line) => `${this.#prefix(clone)}${line}`));
  }

  #whole(lines: readonly string[]): string {
    this.#lastTool = undefined;
    return this.breakLine() + lines.map((line) => `${line}\n`).join('');
  }

  #fit(text: string, before: string): string {
    const { columns, style } = this.#view;
    if (columns === undefined) return text;
    // eslint-disable-next-line no-control-regex -- our own colour codes take no room
    const taken = before.replace(/\u001b\[\d+m/g, '').length;
    return truncate(text, Math.max(columns - taken, 20), style.symbols.ellipsis);
  }
}

function finishLines(task: Task, style: Style): string[] {
  const lines = [renderFinish(task, style)];
  if (task.error !== undefined && task.status !== 'cancelled') {
    lines.push(`  ${style.red(sentence(task.error.message))}`);
    if (task.error.violation) lines.push(...violationLines(task.error.violation, style));
    lines.push(`  next: ${sentence(task.error.hint.replaceAll('<task>', task.id))}`);
  }
  return lines;
}

/** What a new status of a clone adds: nothing where a task, or whoever asked for it, tells of it anyway. */
function statusLine(
  { status, reason }: Extract<Event, { type: 'clone.status' }>,
  style: Style,
): string | undefined {
  if (status === 'failed') return style.red('parked as failed');
  switch (reason) {
    case 'memory':
      return style.dim('gave its process back: memory is short');
    case 'limit':
      return style.yellow('its process at rest was ended: it had used more memory than its limit (--memory)');
    case 'died':
      return style.yellow('its process at rest ended by itself');
    default:
      return undefined;
  }
}

/** Keeps the newest entries, so that a watch that runs for weeks does not grow. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value);
  if (map.size <= remembered) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
