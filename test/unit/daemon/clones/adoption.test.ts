import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ToldOutput } from '../../../../daemon/brains/contract.js';
import { adoptBrain } from '../../../../daemon/clones/adoption.js';
import type { CloneDirectory } from '../../../../daemon/clones/directory.js';
import type { HeldTerminal } from '../../../../daemon/holder/contract.js';
import type { FoundBrain } from '../../../../daemon/holder/leftRuns.js';
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

const clone = 'mechanic.1';
const message = (id: string) => ({ type: 'message.completed', message: id, text: 'x' }) as const;
const typed = (id: string) => ({ type: 'message.typed', message: id, text: 'x' }) as const;
const tool = (id: string) => ({ type: 'tool.finished', tool: id, failed: false, output: '' }) as const;
const terminal = { isAlive: () => true } as HeldTerminal;
const found: FoundBrain = { kind: 'terminal', run: 'b_1', tag: { clone }, pid: 1, terminal };

/** Clones of which one takes up what is found; what it is told. */
function directory(adopt: (told: (output: ToldOutput) => boolean) => boolean): CloneDirectory {
  const runner = { adopt: async (_: unknown, told: (output: ToldOutput) => boolean) => adopt(told) };
  return { get: (name: string) => (name === clone ? runner : undefined) } as unknown as CloneDirectory;
}

it('tells a clone what the history has of it, by kind and id, after a restart as well', async () => {
  state.log.observe({ ...message('m1'), clone });
  state.log.observe({ ...typed('t1'), clone });
  state.log.observe({ ...tool('u1'), clone });
  state.log.observe({ ...message('m2'), clone: 'painter.1' });
  state.log.flush();
  state.reopen();
  const heard: boolean[] = [];
  const clones = directory((told) => {
    const outputs = [message('m1'), typed('t1'), tool('u1'), message('m2'), typed('m1'), tool('u2')];
    heard.push(...outputs.map(told));
    return true;
  });
  expect(await adoptBrain(found, { directory: clones, log: state.log })).toBe(true);
  expect(heard).toEqual([true, true, true, false, false, false]);
});

it('says no where nobody goes on with it, and where that fails', async () => {
  const { log } = state;
  const say = (brain: FoundBrain, clones: CloneDirectory): Promise<boolean> =>
    adoptBrain(brain, { directory: clones, log });
  const willing = directory(() => true);
  expect(await say({ kind: 'pipes', run: 'b_1', tag: { clone }, pid: 1 }, willing)).toBe(false);
  expect(await say({ ...found, tag: { clone: 'nobody.1' } }, willing)).toBe(false);
  expect(
    await say(
      found,
      directory(() => false),
    ),
  ).toBe(false);
  const ended = { isAlive: () => false } as HeldTerminal;
  expect(await say({ ...found, terminal: ended }, willing)).toBe(false);
  const broken = directory(() => {
    throw new Error('a disk that refuses');
  });
  expect(await say(found, broken)).toBe(false);
  expect(state.unexpected).toHaveLength(1);
});
