import { randomUUID } from 'node:crypto';
import type { Clone, Khlone, Task } from '../../../../client/index.js';
import type { Day } from './day.js';

/** Longest wait for a task, in ms. */
const patienceMs = 60_000;
const approvalTimeoutMs = 3_000;

const saying = [
  'say good morning',
  'slow 300',
  'slow 1500; say it again',
  'write notes.txt a line; slow 200',
  'read notes.txt',
  'ask which one? red|blue',
  'remember the blue car; recall',
  'big 200000',
  'garbage; say it all the same',
  'fail for once',
  'noresult',
  'hang',
] as const;

const typing = [
  'ls -l /',
  'seq 1 500',
  'for n in 1 2 3 4 5; do echo $n; sleep 0.1; done',
  'head -c 300000 /dev/urandom | base64',
] as const;

/** Enough to turn the spool of a terminal over in some rounds: about 20 MB. */
const flood = 'seq 1 2800000';

/** A clone of the demo, whose process is given back soon. */
export const enrollDemo = (khlone: Khlone, role: string): Promise<Clone> =>
  khlone.clone.enroll({
    role,
    brain: 'demo',
    limits: { approvalTimeoutMs, idleMs: 4_000, stallMs: 10_000 },
  });

/** A clone that is a shell in a terminal. */
export const enrollShell = (khlone: Khlone, role: string): Promise<Clone> =>
  khlone.clone.enroll({
    role,
    brain: 'command',
    command: ['sh', '-c', 'PS1="$ " exec bash --noprofile --norc -i'],
    terminal: { prompt: '[$] $' },
  });

/** Gives a demo its work: acts and asks, of which some are cancelled or interrupted. */
export async function giveWork(day: Day, khlone: Khlone, who: string): Promise<void> {
  const { random } = day;
  const say = random.pick(saying);
  const isAsk = random.next() < 0.25;
  const idempotencyKey = random.next() < 0.3 ? randomUUID() : undefined;
  const params = { who, say, timeoutMs: 20_000, ...(idempotencyKey && { idempotencyKey }) };
  const give = (): Promise<Task> => (isAsk ? khlone.clone.ask(params) : khlone.clone.act(params));
  const task = await day.try(isAsk ? 'asks' : 'acts', give);
  if (task === undefined) return;
  if (idempotencyKey) await day.try('repeated calls', give);
  const fate = random.next();
  if (say === 'hang' || fate < 0.08) {
    await day.pause(0, 4_000);
    if (random.next() < 0.5) await day.try('cancels', () => khlone.task.cancel({ task: task.id }));
    else await day.try('interrupts', () => khlone.clone.interrupt({ who }));
  }
  await finished(day, khlone, task);
  if (fate > 0.97) await day.try('hibernations', () => khlone.clone.hibernate({ who }));
}

/** Has a shell run something. */
export async function giveCommand(day: Day, khlone: Khlone, who: string): Promise<void> {
  const { random } = day;
  const say = random.next() < 0.06 ? flood : random.pick(typing);
  const task = await day.try(say === flood ? 'floods' : 'commands', () =>
    khlone.clone.act({ who, say, timeoutMs: 30_000 }),
  );
  if (task) await finished(day, khlone, task);
}

async function finished(day: Day, khlone: Khlone, { id, who }: Task): Promise<void> {
  const task = await day.try('waits', () => khlone.task.wait({ task: id, timeoutMs: patienceMs }));
  if (task) day.count(`tasks ${task.status}`);
  if (task?.status === 'failed') {
    if (day.random.next() < 0.2) await day.try('retries', () => khlone.task.retry({ task: id }));
    // Else the next one waits for its back-off.
    await day.try('restarts', () => khlone.clone.restart({ who }));
  }
}

/** Answers what brains ask, but for some that run out. */
export async function answer(day: Day, khlone: Khlone): Promise<void> {
  await using asked = khlone.events({ types: ['approval.requested'], from: 'tail' });
  const ending = day.whenOver(() => void asked.return());
  for await (const event of asked) {
    if (event.type !== 'approval.requested' || day.random.next() < 0.1) continue;
    const decision = day.random.next() < 0.7 ? 'allow' : 'deny';
    const answers =
      event.value.kind === 'question' && decision === 'allow' ? { 'which one?': 'red' } : undefined;
    const { approval } = event;
    await day.try('approvals', () =>
      khlone.approval.respond({ approval, decision, ...(answers && { answers }) }),
    );
  }
  ending[Symbol.dispose]();
}
