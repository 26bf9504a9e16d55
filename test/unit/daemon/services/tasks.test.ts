import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallContext } from '../../../../daemon/rpc/call.js';
import { taskService } from '../../../../daemon/services/tasks.js';
import { TaskEnds } from '../../../../daemon/services/taskEnds.js';
import { CloneStage } from '../../../support/cloneStage.js';
import { taskRecord } from '../../../support/zoneState.js';

let stage: CloneStage;
let ends: TaskEnds;
let service: ReturnType<typeof taskService>;
beforeEach(() => {
  stage = new CloneStage();
  const { state, directory, intake, queue } = stage;
  ends = new TaskEnds(state.log);
  service = taskService({ store: state.store, log: state.log, queue, directory, intake, ends });
});
afterEach(async () => {
  ends.dispose();
  await stage.close();
  stage[Symbol.dispose]();
});

describe('task/list', () => {
  it('gives pages that fit a frame, whatever it is that makes tasks long', async () => {
    const labels = Object.fromEntries(
      Array.from({ length: 64 }, (_, index) => [`${'l'.repeat(60)}${index}`, '\u0000'.repeat(256)]),
    );
    const ids = Array.from({ length: 100 }, (_, index) => `t_${index}`);
    for (const id of ids) stage.state.store.tasks.insert(taskRecord({ id, clone: undefined, labels }));
    const found: string[] = [];
    let before: string | undefined;
    do {
      const page = await service['task/list'](
        { limit: 500, ...(before !== undefined && { before }) },
        {} as CallContext,
      );
      expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(8 * 1024 * 1024);
      found.push(...page.tasks.map(({ id }) => id));
      before = page.next;
    } while (before !== undefined);
    expect(found).toEqual(ids.reverse());
  });
});
