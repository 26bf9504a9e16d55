import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Prints } from '../../../../daemon/fingerprint/prints.js';
import { type Scout, Scouting, threadScout, type ToScout } from '../../../../daemon/fingerprint/scout.js';
import { TreeFolder } from '../../../support/tree.js';
import { takeStep, treeStep } from '../../../support/treeSteps.js';

/** A scout that has been everywhere before the one who looks begins; `heard` has what it was told. */
function swiftScout(heard: ToScout[] = []): Scout {
  const look = new Int32Array(new SharedArrayBuffer(4));
  const scouting = new Scouting(look);
  const tell = (message: ToScout): void => {
    heard.push(message);
    scouting.hear(message);
  };
  return { look, tell };
}

const scoutedBy = (zone: TreeFolder, make: () => Scout): Prints =>
  new Prints({ root: zone.path, scout: { from: 0, make } });

describe('a look with a scout', () => {
  it('tells of every change what one without tells', () => {
    const rounds = fc.array(fc.array(treeStep, { maxLength: 4 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(rounds, (all) => {
        using zone = new TreeFolder();
        zone.write({ a: 'x', 'deep/c': 'x' });
        const pair = [new Prints({ root: zone.path }), scoutedBy(zone, swiftScout)];
        const [mark = 0] = pair.map((prints) => prints.take().mark);
        for (const steps of all) {
          for (const each of steps) takeStep(zone, each);
          const [plain, scouted] = pair.map((prints) => prints.compare(mark));
          expect(scouted).toEqual(plain);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('leaves to the scout what that has seen, and forgets with it what is gone', () => {
    using zone = new TreeFolder();
    zone.write({ a: 'x', 'deep/c': 'x' });
    const heard: ToScout[] = [];
    const prints = scoutedBy(zone, () => swiftScout(heard));
    const { mark } = prints.take();
    prints.compare(mark);
    const known = heard.flatMap((message) => (message.type === 'know' ? message.folders : []));
    const { seen } = known.find(({ paths }) => paths.includes(zone.at('a'))) ?? {};
    // Its file at this look; the folder in it is for the one who goes into it.
    expect(new Set(seen)).toEqual(new Set([0, 2]));
    takeStep(zone, { what: 'remove', name: 'deep/c', to: 'a' });
    takeStep(zone, { what: 'remove', name: 'deep', to: 'a' });
    prints.compare(mark);
    prints.compare(mark);
    const forgotten = heard.flatMap((message) => (message.type === 'forget' ? message.ids : []));
    expect(forgotten).toEqual(
      known
        .filter(({ paths }) => paths[0] === zone.at('deep/c'))
        .map(({ id }) => id)
        .slice(-1),
    );
  });

  it('is helped by a thread', async () => {
    using zone = new TreeFolder();
    for (let n = 0; n < 300; n++) zone.write({ [`f${n}`]: 'x' });
    const folder = '../../../../dist/daemon/fingerprint/scoutWorker.js';
    const program = pathToFileURL(join(import.meta.dirname, folder));
    const seen: Int32Array[] = [];
    const make = (): Scout => {
      const scout = threadScout(program);
      const tell = (message: ToScout): void => {
        if (message.type === 'know') seen.push(...message.folders.map((each) => each.seen));
        scout.tell(message);
      };
      return { look: scout.look, tell };
    };
    const prints = scoutedBy(zone, make);
    const { mark } = prints.take();
    await expect
      .poll(
        () => {
          expect(prints.compare(mark).total).toBe(0);
          return seen.some((each) => each.some((look) => look > 0));
        },
        { timeout: 30_000 },
      )
      .toBe(true);
    zone.write({ f299: 'yy', f0: 'yy' });
    expect(prints.compare(mark).changes.map(({ path }) => path)).toEqual(['f0', 'f299']);
  });

  it('is whole without one, where its thread cannot be', async () => {
    using zone = new TreeFolder();
    zone.write({ a: 'x' });
    const prints = scoutedBy(zone, () => threadScout(pathToFileURL(zone.at('no-program.mjs'))));
    const { mark } = prints.take();
    await new Promise((resolve) => setImmediate(resolve));
    zone.write({ a: 'yy' });
    expect(prints.compare(mark).changes.map(({ path }) => path)).toEqual(['a']);
  });
});
