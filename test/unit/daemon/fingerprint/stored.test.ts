import { chmodSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Prints, type StoredPrint } from '../../../../daemon/fingerprint/prints.js';
import { TreeFolder } from '../../../support/tree.js';

const names = ['a', 'b', 'deep/c', 'deep/er/d', 'e'] as const;
const step = fc.record({
  what: fc.constantFrom('write', 'remove', 'mode', 'rename', 'link'),
  name: fc.constantFrom(...names),
  to: fc.constantFrom(...names),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Does something to a tree, where it can be done. */
function take(zone: TreeFolder, { what, name, to }: Step): void {
  try {
    if (what === 'write') zone.write({ [name]: to });
    if (what === 'remove') rmSync(zone.at(name), { recursive: true });
    if (what === 'mode') chmodSync(zone.at(name), 0o600);
    if (what === 'rename') renameSync(zone.at(name), zone.at(to));
    if (what === 'link') symlinkSync(to, zone.at(name));
  } catch {
    // Nothing is there, or something is.
  }
}

it('a print that was kept tells of every change what the one that was not tells', () => {
  const steps = fc.array(step, { maxLength: 8 });
  const whole = fc.record({ first: steps, second: steps, third: steps, read: fc.boolean() });
  fc.assert(
    fc.property(whole, ({ first, second, third, read }) => {
      using zone = new TreeFolder();
      zone.write({ a: 'x', 'deep/c': 'x' });
      const prints = new Prints({ root: zone.path });
      prints.take();
      for (const each of first) take(zone, each);
      // What was kept is not the first look only.
      const { mark } = prints.take();
      if (read) while (prints.hashSome(Number.MAX_SAFE_INTEGER));
      const stored = deserialize(serialize(prints.stored(mark))) as StoredPrint;
      for (const each of second) take(zone, each);
      const later = new Prints({ root: zone.path }, stored);
      expect(later.compare(0)).toEqual(prints.compare(mark));
      for (const each of third) take(zone, each);
      expect(later.compare(0)).toEqual(prints.compare(mark));
    }),
    { numRuns: 40 },
  );
});
