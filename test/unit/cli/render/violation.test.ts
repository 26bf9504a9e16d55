import { expect, it } from 'vitest';
import type { Event, Task } from '../../../../client/index.js';
import { createStyle } from '../../../../cli/render/style.js';
import { renderTask } from '../../../../cli/render/task.js';
import { Transcript } from '../../../../cli/render/transcript.js';
import { aTask } from '../shapes.js';

const style = createStyle({ colour: false, unicode: true });
const violation: NonNullable<NonNullable<Task['error']>['violation']> = {
  changes: [
    { path: 'a.txt', kind: 'changed' },
    { path: 'evil\u001b[2J.txt', kind: 'added' },
  ],
  total: 30,
  others: [],
  diff: '--- a/a.txt\n+++ b/a.txt\n@@ -1,1 +1,1 @@\n-one\n+two\u001b[31m\n',
  truncated: true,
};
const failed: Task = {
  ...aTask,
  kind: 'ask',
  status: 'failed',
  error: { kind: 'readOnlyViolated', message: 'The zone changed', hint: 'Look', violation },
};
const event = (more: object): Event =>
  ({
    type: 'zone.checked',
    cursor: { epoch: 1, seq: 1 },
    at: '2026-11-21T09:00:00.000Z',
    clone: 'mechanic.1',
    task: 't_1',
    ...violation,
    ...more,
  }) as Event;
const told = (more: object): string =>
  new Transcript({ style, mode: 'single', explains: () => false }).add(event(more));

it('a task shows what changed, and how, with nothing that a terminal would obey', () => {
  const text = renderTask(failed, { style, now: 0 });
  expect(text).toContain('    changed  a.txt\n');
  expect(text).toContain('    … and 28 more\n');
  expect(text).toContain('-one\n+two');
  expect(text).toContain('… the rest was too long to keep\n');
  expect(text).not.toContain('\u001b');
});

it('the end of an ask names the paths', () => {
  const end: Event = { ...event({}), type: 'task.finished', value: failed } as Event;
  const text = new Transcript({ style, mode: 'single', explains: () => false }).add(end);
  expect(text).toContain('    changed  a.txt\n');
  expect(text).not.toContain('+two');
});

it('what does not fail the task is told beside it, and what does is told once', () => {
  expect(told({ finding: 'ambiguous', others: ['clerk.1'] })).toContain(
    '! the zone changed meanwhile; clerk.1 may have done it, or this ask\n    changed  a.txt\n',
  );
  expect(told({ finding: 'unchecked', partial: 'no thread', changes: [], total: 0 })).toBe(
    '  ! the zone was not looked at for changes, or not whole: no thread\n',
  );
  expect(told({ finding: 'violated' })).toBe('');
});
