import { chmodSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import fc from 'fast-check';
import type { TreeFolder } from './tree.js';

const names = ['a', 'b', 'deep', 'deep/c', 'deep/er/d', 'e'] as const;
/** Something that is done to a small tree. */
export const treeStep = fc.record({
  what: fc.constantFrom('write', 'remove', 'mode', 'rename', 'link'),
  name: fc.constantFrom(...names),
  to: fc.constantFrom(...names),
});
type Step = typeof treeStep extends fc.Arbitrary<infer S> ? S : never;

/** Does something to a tree, where it can be done. */
export function takeStep(zone: TreeFolder, { what, name, to }: Step): void {
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
