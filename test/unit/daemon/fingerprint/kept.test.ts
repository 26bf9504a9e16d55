import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { KeptPrints } from '../../../../daemon/fingerprint/kept.js';
import { Prints } from '../../../../daemon/fingerprint/prints.js';
import { TreeFolder } from '../../../support/tree.js';

it('a print is written only where it is another one than the last', () => {
  using zone = new TreeFolder();
  using state = new TreeFolder();
  zone.write({ 'a.txt': 'x' });
  const folder = state.at('prints');
  const kept = new KeptPrints(folder);
  const prints = new Prints({ root: zone.path });
  /** Keeps a new print; the inode of its file. */
  const keep = (key: string): number => {
    const { mark } = prints.take();
    kept.keep({ key, since: 1 }, prints.version, () => prints.stored(mark));
    return statSync(join(folder, `${key}.1`)).ino;
  };
  const first = keep('t_1');
  expect(keep('t_2')).toBe(first);
  zone.write({ new: 'x' });
  const second = keep('t_3');
  expect(second).not.toBe(first);
  while (prints.hashSome(Number.MAX_SAFE_INTEGER));
  // What is known of contents by now tells a later daemon more.
  const third = keep('t_4');
  expect(third).not.toBe(second);
  expect(kept.read('t_1').print.tree.count).toBe(2);
  expect(kept.read('t_4').print.tree.count).toBe(3);
  for (const key of ['t_1', 't_2', 't_3']) kept.drop(key);
  // It outlasts the ask it was written for, for the next one.
  kept.drop('t_4');
  expect(keep('t_5')).toBe(third);
  expect(readdirSync(folder).sort()).toEqual(['latest', 't_5.1']);
});
