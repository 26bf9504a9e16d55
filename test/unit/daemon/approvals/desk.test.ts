import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApprovalDesk, type Asker } from '../../../../daemon/approvals/desk.js';
import { decideByPolicy } from '../../../../daemon/approvals/policy.js';
import type { ApprovalAnswer, ApprovalRequest } from '../../../../daemon/brains/contract.js';
import type { ApprovalPolicy } from '../../../../protocol/shapes/clone.js';
import { questionRequest, toolRequest } from '../../../support/fakeBrain.js';
import { cloneRecord, taskRecord, ZoneState } from '../../../support/zoneState.js';

let state: ZoneState;
let desk: ApprovalDesk;
let delivered: { request: string; answer: ApprovalAnswer }[];
let resolved: unknown[];
let opened: number;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  state = new ZoneState();
  state.store.clones.insert(cloneRecord());
  for (const id of ['t_1', 't_2']) state.store.tasks.insert(taskRecord({ id }));
  desk = new ApprovalDesk(state.store, state.log);
  delivered = [];
  resolved = [];
  opened = 0;
});
afterEach(() => {
  desk.dispose();
  vi.useRealTimers();
  state[Symbol.dispose]();
});

const asker = (change: Partial<Asker> = {}): Asker => ({
  clone: 'mechanic.1',
  task: 't_1',
  policy: 'ask',
  timeoutMs: undefined,
  redact: (value) => value,
  waits: () => void (opened += 1),
  settle: () => undefined,
  opened: (tx) => tx.after(() => (opened += 1)),
  resolved: (tx, request, decision) => tx.after(() => resolved.push([request.request, decision])),
  deliver: (request, answer) => delivered.push({ request: request.request, answer }),
  ...change,
});

/** Opens a request and gives the id it is listed under. */
function open(request: ApprovalRequest, change?: Partial<Asker>): string {
  desk.open(asker(change), request);
  return state.store.approvals.list({ status: ['pending'], limit: 1 })[0]?.id ?? '';
}
const kind = (expected: string): Error => expect.objectContaining({ kind: expected }) as Error;

describe('a request that a human decides', () => {
  it('is on disk and told before anybody can answer', () => {
    const id = open(toolRequest('r1'));
    expect(state.of('approval.requested')).toMatchObject([
      {
        clone: 'mechanic.1',
        task: 't_1',
        approval: id,
        value: { id, kind: 'tool', tool: 'Write', title: 'Write a.txt', input: { file_path: 'a.txt' } },
      },
    ]);
    expect(state.store.approvals.get(id)).toMatchObject({ status: 'pending' });
    expect([opened, delivered]).toEqual([1, []]);
  });

  it('waits half an hour, or as long as its clone says', () => {
    const wait = (id: string): number => {
      const { requestedAt = '', deadlineAt = '' } = state.store.approvals.get(id) ?? {};
      return Date.parse(deadlineAt) - Date.parse(requestedAt);
    };
    expect(wait(open(toolRequest('r1')))).toBe(30 * 60_000);
    expect(wait(open(toolRequest('r2'), { timeoutMs: 1234 }))).toBe(1234);
  });

  it.each([
    ['allow', 'allowed', { decision: 'allow' }],
    ['allowAlways', 'allowed', { decision: 'allowAlways' }],
    ['deny', 'denied', { decision: 'deny', message: 'A human said no.' }],
  ] as const)('takes %s for an answer', (decision, status, answer) => {
    const id = open(toolRequest('r1'));
    expect(desk.respond(id, { decision })).toMatchObject({ id, status, decision });
    expect(state.store.approvals.get(id)).toMatchObject({ status, resolvedAt: expect.any(String) });
    expect(state.of('approval.resolved')).toMatchObject([{ approval: id, value: { status } }]);
    expect(resolved).toEqual([['r1', decision]]);
    expect(delivered).toEqual([{ request: 'r1', answer }]);
  });

  it('hands the words of a denial to the brain', () => {
    desk.respond(open(toolRequest('r1')), { decision: 'deny', message: 'not this file' });
    expect(delivered[0]?.answer).toEqual({ decision: 'deny', message: 'not this file' });
  });

  it('takes the first answer and refuses every other', () => {
    const id = open(toolRequest('r1'));
    desk.respond(id, { decision: 'allow' });
    expect(() => desk.respond(id, { decision: 'deny' })).toThrow(
      expect.objectContaining({
        kind: 'approvalResolved',
        details: { approval: id, status: 'allowed' },
      }) as Error,
    );
    expect(delivered).toHaveLength(1);
    expect(() => desk.respond('a_nobody', { decision: 'deny' })).toThrow(kind('approvalNotFound'));
  });

  it('is denied by its deadline, once, and not before', () => {
    const id = open(toolRequest('r1'), { timeoutMs: 5000 });
    vi.advanceTimersByTime(4999);
    expect(delivered).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(delivered).toEqual([
      { request: 'r1', answer: { decision: 'deny', message: 'Nobody answered in time.' } },
    ]);
    expect(state.store.approvals.get(id)?.status).toBe('expired');
    expect(resolved).toEqual([['r1', undefined]]);
    expect(() => desk.respond(id, { decision: 'allow' })).toThrow(kind('approvalResolved'));
  });

  it('is not denied once it was answered', () => {
    const id = open(toolRequest('r1'), { timeoutMs: 5000 });
    desk.respond(id, { decision: 'allow' });
    vi.advanceTimersByTime(60_000);
    expect([delivered.length, state.store.approvals.get(id)?.status]).toEqual([1, 'allowed']);
  });

  it('is taken back where its brain no longer waits', () => {
    const id = open(toolRequest('r1'));
    const other = open(toolRequest('r1'), { task: 't_2' });
    desk.withdrawRequest('t_1', 'r1');
    desk.withdrawRequest('t_1', 'r9');
    expect(state.store.approvals.get(id)?.status).toBe('withdrawn');
    expect(state.store.approvals.get(other)?.status).toBe('pending');
    expect([delivered, resolved]).toEqual([[], [['r1', undefined]]]);
    expect(() => desk.respond(id, { decision: 'allow' })).toThrow(kind('approvalResolved'));
  });

  it('is taken back with its task, in the transaction that ends it', () => {
    const ids = [open(toolRequest('r1')), open(toolRequest('r2'))];
    const other = open(toolRequest('r3'), { task: 't_2' });
    expect(() =>
      state.log.commit((tx) => {
        desk.withdrawAll(tx, 't_1');
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(state.store.approvals.pendingCount()).toBe(3);
    state.log.commit((tx) => desk.withdrawAll(tx, 't_1'));
    expect(state.store.approvals.list({ status: ['pending'], limit: 9 }).map(({ id }) => id)).toEqual([
      other,
    ]);
    expect(state.of('approval.resolved').map(({ approval }) => approval)).toEqual(ids);
    vi.advanceTimersByTime(60 * 60_000);
    expect(delivered.map(({ request }) => request)).toEqual(['r3']);
  });
});

describe('a question', () => {
  const ask = (): string => open(questionRequest('q1', 'Which?'));

  it('is shown with its options and gets the answers', () => {
    const id = ask();
    expect(state.store.approvals.get(id)).toMatchObject({
      kind: 'question',
      questions: [{ question: 'Which?', options: [{ label: 'red' }, { label: 'blue' }], multiSelect: false }],
    });
    const approval = desk.respond(id, { decision: 'allow', answers: { 'Which?': 'red' } });
    expect(approval.answers).toEqual({ 'Which?': 'red' });
    expect(delivered[0]?.answer).toEqual({ decision: 'allow', answers: { 'Which?': 'red' } });
  });

  it.each([
    ['no answer', { decision: 'allow' }, 'answers["Which?"]'],
    [
      'another question',
      { decision: 'allow', answers: { 'Which?': 'red', 'Why?': 'so' } },
      'answers["Why?"]',
    ],
    ['answers to a denial', { decision: 'deny', answers: { 'Which?': 'red' } }, 'answers'],
  ] as const)('refuses %s, and goes on waiting', (_, response, path) => {
    const id = ask();
    expect(() => desk.respond(id, response)).toThrow(
      expect.objectContaining({
        kind: 'invalidParams',
        details: expect.objectContaining({ issues: [expect.objectContaining({ path })] }) as object,
      }) as Error,
    );
    desk.respond(id, { decision: 'deny' });
    expect(delivered).toHaveLength(1);
  });

  it('is not answered by what every object has', () => {
    const id = open(questionRequest('q1', 'toString'));
    expect(() => desk.respond(id, { decision: 'allow' })).toThrow(kind('invalidParams'));
  });

  it('refuses answers for a tool', () => {
    const id = open(toolRequest('r1'));
    expect(() => desk.respond(id, { decision: 'allow', answers: { a: 'b' } })).toThrow(kind('invalidParams'));
  });
});

describe('questions of any length', () => {
  it('are shown as far as an answer can hold them, and can be answered so', () => {
    const long = 'x'.repeat(1_000_000);
    const options = Array.from({ length: 50 }, () => ({ label: long, description: long }));
    const question = { question: long, header: long, options, multiSelect: false };
    const request = questionRequest('q1', long) as ApprovalRequest & { kind: 'question' };
    const id = open({ ...request, questions: [question] });
    const approval = state.store.approvals.get(id);
    expect(JSON.stringify(approval).length).toBeLessThan(100_000);
    const shown = approval?.questions?.[0];
    expect(shown?.options).toHaveLength(20);
    desk.respond(id, { decision: 'allow', answers: { [shown?.question ?? '']: 'red' } });
    expect(delivered[0]?.answer).toEqual({ decision: 'allow', answers: { [long]: 'red' } });
  });
});

describe('secrets', () => {
  const redact = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value).replaceAll('s3cr3t-value', '[KEY]')) as T;

  it('are shown and stored nowhere', () => {
    const id = open(
      {
        ...toolRequest('r1'),
        title: 'run s3cr3t-value',
        input: { a: ['s3cr3t-value'] },
      },
      { redact },
    );
    desk.respond(id, { decision: 'deny', message: 'never print s3cr3t-value' });
    expect(JSON.stringify([state.published, state.store.approvals.get(id)])).not.toContain('s3cr3t');
    expect(state.store.approvals.get(id)).toMatchObject({
      title: 'run [KEY]',
      input: { a: ['[KEY]'] },
      message: 'never print [KEY]',
    });
    expect(delivered[0]?.answer).toEqual({ decision: 'deny', message: 'never print s3cr3t-value' });
  });

  it('that look like a word of khlone do not garble what a request is about', () => {
    const id = open(questionRequest('q1', 'Which mechanic?'), {
      redact: <T>(value: T): T =>
        JSON.parse(JSON.stringify(value).replaceAll(/mechanic|question\b(?!")/g, '[KEY]')) as T,
    });
    expect(state.store.approvals.get(id)).toMatchObject({
      clone: 'mechanic.1',
      kind: 'question',
      questions: [{ question: 'Which [KEY]?' }],
    });
  });

  it('in a question do not keep it from being answered as it is shown', () => {
    const id = open(questionRequest('q1', 'Use s3cr3t-value?'), { redact });
    const { questions = [] } = state.store.approvals.get(id) ?? {};
    const [shown] = questions;
    expect(shown?.question).toBe('Use [KEY]?');
    desk.respond(id, { decision: 'allow', answers: { [shown?.question ?? '']: 'red' } });
    expect(delivered[0]?.answer).toEqual({ decision: 'allow', answers: { 'Use s3cr3t-value?': 'red' } });
  });
});

describe('a policy', () => {
  const tool = toolRequest('r1');
  const question = questionRequest('q1', 'Which?');

  it.each([
    ['ask', undefined, undefined],
    ['acceptEdits', undefined, undefined],
    ['allow', 'allow', undefined],
    ['deny', 'deny', 'deny'],
  ] as const)('%s decides on a tool: %s, on a question: %s', (policy: ApprovalPolicy, onTool, onQuestion) => {
    expect(decideByPolicy(policy, tool)?.decision).toBe(onTool);
    expect(decideByPolicy(policy, question)?.decision).toBe(onQuestion);
  });

  it('answers at once, on the record', () => {
    desk.open(asker({ policy: 'allow' }), tool);
    desk.open(asker({ policy: 'deny' }), tool);
    expect(delivered.map(({ answer }) => answer)).toEqual([
      { decision: 'allow' },
      { decision: 'deny', message: "This clone's policy denies all requests." },
    ]);
    expect(state.of('approval.requested', 'approval.resolved')).toMatchObject([
      { type: 'approval.resolved', value: { status: 'allowed', decision: 'allow' } },
      { type: 'approval.resolved', value: { status: 'denied', decision: 'deny' } },
    ]);
    expect([opened, state.store.approvals.pendingCount()]).toEqual([0, 0]);
  });
});

describe('a disk that refuses', () => {
  it('opens nothing', () => {
    const works = state.refuse();
    expect(() => desk.open(asker(), toolRequest('r1'))).toThrow(kind('storageFailed'));
    expect(() => desk.open(asker({ policy: 'allow' }), toolRequest('r1'))).toThrow(kind('storageFailed'));
    works();
    expect([opened, delivered, state.published]).toEqual([0, [], []]);
    vi.advanceTimersByTime(60 * 60_000);
    expect(delivered).toEqual([]);
  });

  it('leaves a request to be answered again', () => {
    const id = open(toolRequest('r1'));
    const works = state.refuse();
    expect(() => desk.respond(id, { decision: 'allow' })).toThrow(kind('storageFailed'));
    expect([delivered, resolved]).toEqual([[], []]);
    works();
    desk.respond(id, { decision: 'allow' });
    expect(delivered).toHaveLength(1);
  });

  it('puts the deadline off until it takes it', () => {
    open(toolRequest('r1'), { timeoutMs: 1000 });
    const works = state.refuse();
    vi.advanceTimersByTime(3500);
    expect([delivered.length, state.unexpected.length]).toEqual([0, 3]);
    works();
    vi.advanceTimersByTime(1000);
    expect(delivered).toHaveLength(1);
  });
});
