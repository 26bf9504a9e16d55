import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cgroups } from '../../daemon/holder/cgroups.js';
import { findHome } from '../../daemon/holder/cgroupHome.js';
import type { Holders } from '../../daemon/holder/holders.js';
import { signalGroup } from '../../daemon/holder/kill.js';
import { bubblewrap } from '../../daemon/holder/namespace.js';
import { amount } from '../support/chaos/amount.js';
import { HolderStage } from '../support/holders.js';
import {
  type Escape,
  endSurvivorsOf,
  escapes,
  type ProcessTree,
  startTree,
} from '../support/processTrees.js';

/** How many trees are ended by each means. */
const count = amount({ short: 20, full: 1_000 });
const atOnce = 4;
const graceMs = 50;

const all = Object.keys(escapes) as Escape[];
const withCgroups = !('reason' in findHome());
const withNamespaces = (await bubblewrap()) !== undefined;
const noCgroups = (): Cgroups => new Cgroups(() => ({ reason: 'the test wants none' }));

let stage: HolderStage;
beforeEach(() => {
  stage = new HolderStage();
});
afterEach(() => stage[Symbol.asyncDispose]());

/** Zombies that a process has not collected. */
function zombiesOf(parent: number): number {
  try {
    const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(/\s+/);
    return children.filter((pid) => / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))).length;
  } catch {
    return 0;
  }
}

/** Ends so many trees, in each of the ways a brain ends; resolves with what was left of them. */
async function endTrees(
  holders: Holders,
  kinds: readonly Escape[],
  { namespace = false } = {},
): Promise<ProcessTree[]> {
  const left: ProcessTree[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) {
      const tree = await startTree(holders, kinds, { deaf: i % 3 !== 0, namespace });
      // Without its input it ends by itself, and only what it leaves is to be found.
      if (i % 5 === 4) tree.brain.end();
      else await tree.brain.kill(graceMs);
      await tree.brain.exited;
      if (tree.survivors().length > 0) left.push(tree);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return left;
}

describe.runIf(process.platform === 'linux')(`of ${count} trees of processes that try to escape`, () => {
  it.runIf(withCgroups)('none is left where brains have cgroups of their own', async () => {
    const holders = stage.open();
    expect(await endTrees(holders, all)).toEqual([]);
    await expect.poll(() => zombiesOf(process.pid)).toBe(0);
  });

  it.runIf(withNamespaces)('none is left where brains have PID namespaces', async () => {
    const holders = stage.open({ cgroups: noCgroups() });
    expect(await endTrees(holders, all, { namespace: true })).toEqual([]);
    await expect.poll(() => zombiesOf(process.pid)).toBe(0);
  });

  it('none is left by its marks, of those that keep them', async () => {
    const holders = stage.open({ cgroups: noCgroups() });
    expect(await endTrees(holders, ['deaf', 'session', 'doubleFork'])).toEqual([]);
    await expect.poll(() => zombiesOf(process.pid)).toBe(0);
  });
});

describe.runIf(process.platform === 'linux')('the controls', () => {
  it('a signal to the group alone leaves some: there is something to be found', async () => {
    const tree = await startTree(stage.open({ cgroups: noCgroups() }), ['session', 'doubleFork']);
    signalGroup(tree.brain.identity, 'SIGKILL');
    // Stopped at once, before anybody sweeps.
    const survivors = tree.survivors();
    expect(survivors).toHaveLength(2);
    await tree.brain.exited;
    expect(tree.survivors()).toEqual([]);
  });

  it('one that threw its marks away is found while its parent lives', async () => {
    const tree = await startTree(stage.open({ cgroups: noCgroups() }), ['nameless']);
    await tree.brain.kill(graceMs);
    expect(tree.survivors()).toEqual([]);
  });

  it('one that vanished from its parent as well outlives its brain without a cgroup', async () => {
    const tree = await startTree(stage.open({ cgroups: noCgroups() }), ['vanished']);
    await tree.brain.kill(graceMs);
    expect(tree.survivors()).toHaveLength(2);
    endSurvivorsOf(tree);
  });
});
