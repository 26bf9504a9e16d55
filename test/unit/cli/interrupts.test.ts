import { afterEach, describe, expect, it } from 'vitest';
import { onInterrupt, type InterruptHandler } from '../../../cli/interrupts.js';

const open: Disposable[] = [];
afterEach(() => {
  for (const listener of open.splice(0)) listener[Symbol.dispose]();
});

type Choice = 'cancel' | 'leave' | 'stay';

function following() {
  const calls: string[] = [];
  let answer: (choice: Choice) => void = () => undefined;
  const handler: InterruptHandler = {
    ask: () => {
      calls.push('ask');
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
    cancel: () => {
      calls.push('cancel');
      return Promise.resolve();
    },
    leave: () => void calls.push('leave'),
  };
  open.push(onInterrupt(handler));
  return {
    calls,
    interrupt: () => process.emit('SIGINT'),
    answer: async (choice: Choice) => {
      answer(choice);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('Ctrl-C while a task is followed', () => {
  it('asks, and a second one leaves the task running', async () => {
    const { calls, interrupt, answer } = following();
    interrupt();
    expect(calls).toEqual(['ask']);
    interrupt();
    expect(calls).toEqual(['ask', 'leave']);
    await answer('cancel');
    expect(calls).toEqual(['ask', 'leave']);
  });

  it('cancels on request, and can still leave', async () => {
    const { calls, interrupt, answer } = following();
    interrupt();
    await answer('cancel');
    interrupt();
    expect(calls).toEqual(['ask', 'cancel', 'leave']);
  });

  it('goes on on request, and asks again', async () => {
    const { calls, interrupt, answer } = following();
    interrupt();
    await answer('stay');
    interrupt();
    await answer('leave');
    expect(calls).toEqual(['ask', 'ask', 'leave']);
  });

  it('is let go of when the task has ended', () => {
    const before = process.listenerCount('SIGINT');
    const listener = onInterrupt({
      ask: () => Promise.resolve('stay'),
      cancel: () => Promise.resolve(),
      leave() {},
    });
    expect(process.listenerCount('SIGINT')).toBe(before + 1);
    listener[Symbol.dispose]();
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});
