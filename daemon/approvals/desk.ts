import { fail } from '../../protocol/fail.js';
import type { Approval, ApprovalStatus, Decision } from '../../protocol/shapes/approval.js';
import type { ApprovalPolicy } from '../../protocol/shapes/clone.js';
import type { ApprovalAnswer, ApprovalRequest, Question } from '../brains/contract.js';
import { boundedObject, cut, cutTitle, maxToolLength } from '../events/cut.js';
import type { EventLog, Transaction } from '../events/log.js';
import { type Disposable, onUnexpectedError } from '../lifecycle.js';
import { newId, now } from '../store/ids.js';
import { retryMs } from '../store/retry.js';
import type { Store } from '../store/store.js';
import { answersAsAsked, checkAnswers } from './answers.js';
import { decideByPolicy } from './policy.js';

/** Default time an approval waits for its answer. */
const defaultApprovalTimeoutMs = 30 * 60_000;

/** Most questions of one request, and options of one question, that are shown. */
const maxQuestions = 10;
const maxOptions = 20;

type ShownQuestion = NonNullable<Approval['questions']>[number];

/** The turn that asks, as the desk needs to know it. */
export interface Asker {
  readonly clone: string;
  readonly task: string;
  readonly policy: ApprovalPolicy;
  readonly timeoutMs: number | undefined;
  /** Removes secrets from what is shown. */
  redact<T>(value: T): T;
  /** One that was opened under an earlier daemon waits here now. */
  waits(): void;
  /** All that waits is known: the task's own state follows it. */
  settle(): void;
  /** The turn's own part of the transaction that opens an approval. */
  opened(tx: Transaction): void;
  /** The turn's own part of the transaction that resolves one. */
  resolved(tx: Transaction, request: ApprovalRequest, decision: Decision | undefined): void;
  /** Hands the answer to the brain, once it is on disk. */
  deliver(request: ApprovalRequest, answer: ApprovalAnswer): void;
}

/** An answer as a client gives it. */
export interface Response {
  readonly decision: Decision;
  readonly message?: string | undefined;
  readonly answers?: Readonly<Record<string, string>> | undefined;
}

/** The answer where there is none. */
const tooLate: ApprovalAnswer = { decision: 'deny', message: 'Nobody answered in time.' };

interface Pending {
  approval: Approval;
  readonly asker: Asker;
  readonly request: ApprovalRequest;
  timer: NodeJS.Timeout | undefined;
}

/** Keeps what brains wait for: opens, lists, resolves. The first answer counts; a deadline denies. */
export class ApprovalDesk implements Disposable {
  readonly #store: Store;
  readonly #log: EventLog;
  readonly #pending = new Map<string, Pending>();

  constructor(store: Store, log: EventLog) {
    this.#store = store;
    this.#log = log;
  }

  /**
   * Takes a brain's request: its clone's policy answers at once, or a human will. `noted` belongs to the transaction.
   * @throws storageFailed: then nothing was asked, and the caller denies.
   */
  open(asker: Asker, request: ApprovalRequest, noted: () => void = () => undefined): void {
    const approval = this.#describe(asker, request);
    const decided = decideByPolicy(asker.policy, request);
    if (decided) {
      const resolved = close(approval, {
        status: decided.decision === 'deny' ? 'denied' : 'allowed',
        response: decided,
      });
      this.#log.commit((tx) => {
        noted();
        this.#store.approvals.insert(resolved, request.request);
        tx.append({ type: 'approval.resolved', ...placeOf(resolved), value: resolved });
      });
      asker.deliver(request, answerOf(decided, undefined));
      return;
    }
    this.#log.commit((tx) => {
      noted();
      this.#store.approvals.insert(approval, request.request);
      asker.opened(tx);
      tx.append({ type: 'approval.requested', ...placeOf(approval), value: approval });
    });
    this.#wait(asker, request, approval);
  }

  /**
   * Takes up a request that an earlier daemon has taken: what waits goes on waiting under its id and deadline, and what
   * was answered is answered again, as the brain may not have heard it.
   */
  takeUp(asker: Asker, request: ApprovalRequest): void {
    const approval = this.#store.approvals.ofRequest(asker.task, request.request);
    switch (approval?.status) {
      case 'pending':
        asker.waits();
        return this.#wait(asker, request, approval);
      case 'allowed':
      case 'denied':
        return asker.deliver(request, storedAnswer(approval, request));
      case 'expired':
        return asker.deliver(request, tooLate);
      default:
    }
  }

  /** Takes back what a task of an earlier daemon asks and nobody waits for any more. */
  sweep(asker: Asker): void {
    for (const approval of this.#store.approvals.pendingOf(asker.task)) {
      if (this.#pending.has(approval.id)) continue;
      const resolved = close(approval, { status: 'withdrawn', response: undefined });
      this.#log.commit((tx) => {
        this.#store.approvals.update(resolved);
        tx.append({ type: 'approval.resolved', ...placeOf(resolved), value: resolved });
      });
    }
    asker.settle();
  }

  #wait(asker: Asker, request: ApprovalRequest, approval: Approval): void {
    const entry: Pending = { approval, asker, request, timer: undefined };
    this.#pending.set(approval.id, entry);
    if (approval.deadlineAt !== undefined) this.#arm(entry, Date.parse(approval.deadlineAt) - Date.now());
  }

  /**
   * A client's answer.
   * @throws approvalNotFound, approvalResolved, invalidParams, storageFailed
   */
  respond(id: string, response: Response): Approval {
    const entry = this.#pending.get(id);
    if (!entry) {
      const known = this.#store.approvals.get(id);
      if (!known) throw fail('approvalNotFound', { approval: id });
      throw fail('approvalResolved', { approval: id, status: known.status });
    }
    checkAnswers(entry.approval, response);
    return this.#resolve(entry, response.decision === 'deny' ? 'denied' : 'allowed', response);
  }

  /** Takes back one request of a brain that no longer waits for it. */
  withdrawRequest(task: string, request: string): void {
    for (const entry of this.#pending.values()) {
      if (entry.asker.task === task && entry.request.request === request)
        this.#resolve(entry, 'withdrawn', undefined);
    }
  }

  /** Takes back all that a task still asks, inside the transaction that ends it. */
  withdrawAll(tx: Transaction, task: string): void {
    const open = [...this.#pending.values()].filter((entry) => entry.asker.task === task);
    for (const entry of open) {
      const resolved = close(entry.approval, { status: 'withdrawn', response: undefined });
      this.#store.approvals.update(resolved);
      tx.append({ type: 'approval.resolved', ...placeOf(resolved), value: resolved });
    }
    tx.after(() => open.forEach((entry) => this.#forget(entry)));
  }

  dispose(): void {
    for (const entry of this.#pending.values()) clearTimeout(entry.timer);
    this.#pending.clear();
  }

  #resolve(entry: Pending, status: ApprovalStatus, response: Response | undefined): Approval {
    const { asker, request } = entry;
    const resolved = close(entry.approval, { status, response: response && asker.redact(response) });
    this.#log.commit((tx) => {
      this.#store.approvals.update(resolved);
      tx.append({ type: 'approval.resolved', ...placeOf(resolved), value: resolved });
      asker.resolved(tx, request, response?.decision);
      tx.after(() => this.#forget(entry));
    });
    if (status !== 'withdrawn') {
      const answer = response && answerOf(response, answersAsAsked(request, resolved, response));
      asker.deliver(request, answer ?? tooLate);
    }
    return resolved;
  }

  #forget(entry: Pending): void {
    clearTimeout(entry.timer);
    this.#pending.delete(entry.approval.id);
  }

  #arm(entry: Pending, ms: number): void {
    entry.timer = setTimeout(
      () => {
        try {
          this.#resolve(entry, 'expired', undefined);
        } catch (error) {
          // The disk refuses: the brain goes on waiting, and so does the deadline.
          onUnexpectedError(error);
          this.#arm(entry, retryMs);
        }
      },
      Math.max(0, ms),
    );
    entry.timer.unref();
  }

  #describe(asker: Asker, request: ApprovalRequest): Approval {
    const timeoutMs = asker.timeoutMs ?? defaultApprovalTimeoutMs;
    const requestedAt = now();
    return {
      id: newId('a'),
      clone: asker.clone,
      task: asker.task,
      kind: request.kind,
      tool: asker.redact(request.tool),
      input: boundedObject(asker.redact(request.input), maxToolLength),
      ...(request.kind === 'question' && {
        questions: asker.redact(request.questions).slice(0, maxQuestions).map(shownQuestion),
      }),
      title: cutTitle(asker.redact(request.title)),
      status: 'pending',
      requestedAt,
      deadlineAt: new Date(Date.parse(requestedAt) + timeoutMs).toISOString(),
    };
  }
}

/** A question as clients see it: a brain may ask more than an answer to `approval/list` can hold. */
function shownQuestion({ question, header, options, multiSelect }: Question): ShownQuestion {
  return {
    question: cut(question, 2000).text,
    ...(header !== undefined && { header: cut(header, 200).text }),
    options: options.slice(0, maxOptions).map(({ label, description }) => ({
      label: cut(label, 200).text,
      ...(description !== undefined && { description: cut(description, 500).text }),
    })),
    multiSelect,
  };
}

function placeOf(approval: Approval): { clone: string; task: string; approval: string } {
  return { clone: approval.clone, task: approval.task, approval: approval.id };
}

function close(
  approval: Approval,
  how: { status: ApprovalStatus; response: Response | undefined },
): Approval {
  const { response } = how;
  return {
    ...approval,
    status: how.status,
    ...(response && { decision: response.decision }),
    ...(response?.message !== undefined && { message: response.message }),
    ...(response?.answers && { answers: { ...response.answers } }),
    resolvedAt: now(),
  };
}

/** The answer to a request as it is on disk. */
function storedAnswer(approval: Approval, request: ApprovalRequest): ApprovalAnswer {
  const { decision = 'deny', message, answers } = approval;
  const response = { decision, message, answers };
  return answerOf(response, answersAsAsked(request, approval, response));
}

function answerOf(response: Response, answers: Response['answers']): ApprovalAnswer {
  if (response.decision === 'deny')
    return { decision: 'deny', message: response.message ?? 'A human said no.' };
  return { decision: response.decision, ...(answers && { answers }) };
}
