import { afterEach, beforeEach, expect, it } from 'vitest';
import { toldBefore } from '../../../../daemon/clones/told.js';
import { cloneRecord, ZoneState } from '../../../support/zoneState.js';

let state: ZoneState;
beforeEach(() => {
  state = new ZoneState();
  for (const name of ['mechanic.1', 'painter.1']) {
    const [role = ''] = name.split('.');
    state.store.clones.insert(cloneRecord({ name, role }));
  }
});
afterEach(() => state[Symbol.dispose]());

const message = (id: string) => ({ type: 'message.completed', message: id, text: 'x' }) as const;
const typed = (id: string) => ({ type: 'message.typed', message: id, text: 'x' }) as const;
const tool = (id: string) => ({ type: 'tool.finished', tool: id, failed: false, output: '' }) as const;

it('knows what the history has of a clone, by kind and id, after a restart as well', () => {
  const clone = 'mechanic.1';
  state.log.observe({ ...message('m1'), clone });
  state.log.observe({ ...typed('t1'), clone });
  state.log.observe({ ...tool('u1'), clone });
  state.log.observe({ ...message('m2'), clone: 'painter.1' });
  state.log.flush();
  state.reopen();
  const told = toldBefore(state.log, clone);
  expect([message('m1'), typed('t1'), tool('u1')].map(told)).toEqual([true, true, true]);
  expect([message('m2'), typed('m1'), tool('u2')].map(told)).toEqual([false, false, false]);
});
