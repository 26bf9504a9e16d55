import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Prints, type StoredPrint } from '../../../../daemon/fingerprint/prints.js';
import { TreeFolder } from '../../../support/tree.js';
import { takeStep, treeStep } from '../../../support/treeSteps.js';

it('a print that was kept tells of every change what the one that was not tells', () => {
  const steps = fc.array(treeStep, { maxLength: 8 });
  const whole = fc.record({ first: steps, second: steps, third: steps, read: fc.boolean() });
  fc.assert(
    fc.property(whole, ({ first, second, third, read }) => {
      using zone = new TreeFolder();
      zone.write({ a: 'x', 'deep/c': 'x' });
      const prints = new Prints({ root: zone.path });
      prints.take();
      for (const each of first) takeStep(zone, each);
      // What was kept is not the first look only.
      const { mark } = prints.take();
      if (read) while (prints.hashSome(Number.MAX_SAFE_INTEGER));
      const stored = deserialize(serialize(prints.stored(mark))) as StoredPrint;
      for (const each of second) takeStep(zone, each);
      const later = new Prints({ root: zone.path }, stored);
      expect(later.compare(0)).toEqual(prints.compare(mark));
      for (const each of third) takeStep(zone, each);
      expect(later.compare(0)).toEqual(prints.compare(mark));
    }),
    { numRuns: 40 },
  );
});
