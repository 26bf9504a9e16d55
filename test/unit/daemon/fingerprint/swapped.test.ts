import type nodeFs from 'node:fs';
import { type PathLike, renameSync, rmSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Prints } from '../../../../daemon/fingerprint/prints.js';
import { TreeFolder } from '../../../support/tree.js';

/** Called before a path is looked at. */
let before: (path: string) => void = () => {};

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof nodeFs>();
  const lstatSync = (path: PathLike, options: object): unknown => {
    before(String(path));
    return fs.lstatSync(path, options);
  };
  return { ...fs, lstatSync };
});

let zone: TreeFolder;
beforeEach(() => {
  zone = new TreeFolder();
  zone.write({ 'src/b.ts': 'let b = 1;\n' });
});
afterEach(() => {
  before = () => {};
  zone[Symbol.dispose]();
});

it('shows nothing of a file outside, where a link took the place of its folder in the middle of a look', () => {
  using outside = new TreeFolder();
  outside.write({ 'new.ts': 'secret\n' });
  const prints = new Prints({ root: zone.path });
  const { mark } = prints.take();
  zone.write({ 'src/new.ts': 'open\n' });
  before = (path) => {
    if (path !== zone.at('src/new.ts')) return;
    before = () => {};
    renameSync(zone.at('src'), zone.at('moved'));
    symlinkSync(outside.path, zone.at('src'));
  };
  const paths = prints.compare(mark).changes.map(({ path }) => path);
  // The control: what was looked at is the file outside.
  expect(paths).toContain('src/new.ts');
  expect(prints.diff(mark, paths).text).not.toContain('secret');
  rmSync(zone.at('src'));
});
