import { describe, expect, it } from 'vitest';
import {
  type CloneState,
  type CloneStep,
  nextCloneState,
  statusOf,
} from '../../../../daemon/clones/cloneMachine.js';
import { canStep, isEnd, nextTaskStatus, type TaskStep } from '../../../../daemon/clones/taskMachine.js';
import type { TaskStatus } from '../../../../protocol/shapes/task.js';

// Written out in full, so that a change of the table is a change of this one too. `-` is no step.
const clones = `
            start     take     wait     answered  rest  talk     ask     pause   leave  adopt  stop     park    revive  retire
  off       starting  -        -        -         -     -        -       paused  -      idle   off      failed  -       retired
  starting  starting  working  -        -         idle  talking  -       -       -      -      off      failed  -       retired
  idle      starting  working  -        -         -     talking  -       paused  left   -      off      failed  -       retired
  working   -         -        waiting  -         idle  -        -       -       -      -      off      failed  -       retired
  waiting   -         -        -        working   idle  -        -       -       -      -      off      failed  -       retired
  talking   starting  -        -        -         idle  -        asking  -       left   -      off      -       -       retired
  asking    starting  -        -        -         idle  talking  -       -       left   -      off      -       -       retired
  paused    starting  -        -        -         idle  talking  -       paused  -      -      off      -       -       retired
  left      starting  -        -        -         -     -        -       paused  -      -      off      -       -       retired
  failed    -         -        -        -         -     -        -       -       -      -      failed   -       off     retired
  retired   -         -        -        -         -     -        -       -       -      -      retired  -       -       -
`;

const tasks = `
               start    wait     answered  done  fail    cancel     interrupt    park    requeue  retry
  queued       running  -        -         -     failed  cancelled  -            -       -        -
  running      -        waiting  -         done  failed  cancelled  interrupted  parked  queued   -
  waiting      -        -        running   done  failed  cancelled  interrupted  parked  queued   -
  done         -        -        -         -     -       -          -            -       -        -
  failed       -        -        -         -     -       -          -            -       -        queued
  cancelled    -        -        -         -     -       -          -            -       -        queued
  interrupted  -        -        -         -     -       -          -            -       -        queued
  parked       -        -        -         -     -       -          -            -       -        queued
`;

function rows(text: string): { from: string; step: string; to: string }[] {
  const [head = '', ...body] = text.trim().split('\n');
  const steps = head.trim().split(/\s+/);
  return body.flatMap((line) => {
    const [from = '', ...to] = line.trim().split(/\s+/);
    return steps.map((step, i) => ({ from, step, to: to[i] ?? '' }));
  });
}

describe('a clone that is', () => {
  it.each(rows(clones))('$from, by $step: $to', ({ from, step, to }) => {
    const next = (): string => nextCloneState(from as CloneState, step as CloneStep);
    if (to === '-') expect(next).toThrow(`a clone that is ${from} cannot ${step}`);
    else expect(next()).toBe(to);
  });
});

it('shows a clone whose terminal was left as one at rest', () => {
  expect(statusOf('left')).toBe('idle');
  expect(statusOf('talking')).toBe('talking');
  expect(statusOf('asking')).toBe('waiting');
});

describe('a task that is', () => {
  it.each(rows(tasks))('$from, by $step: $to', ({ from, step, to }) => {
    const next = (): string => nextTaskStatus(from as TaskStatus, step as TaskStep);
    expect(canStep(from as TaskStatus, step as TaskStep)).toBe(to !== '-');
    if (to === '-') expect(next).toThrow(`a task that is ${from} cannot ${step}`);
    else expect(next()).toBe(to);
  });

  it.each([
    ['queued', false],
    ['running', false],
    ['waiting', false],
    ['done', true],
    ['failed', true],
    ['cancelled', true],
    ['interrupted', true],
    ['parked', true],
  ] as const)('%s has ended: %s', (status, ended) => expect(isEnd(status)).toBe(ended));
});
