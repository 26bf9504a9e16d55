import type nodeFs from 'node:fs';
import { type Stats, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Prints } from '../../../../daemon/fingerprint/prints.js';
import { TreeFolder } from '../../../support/tree.js';

/** The step in which many kernels count the times of files, in ms: here it may be finer. */
const stepMs = 10;

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof nodeFs>();
  const coarse =
    <A extends unknown[]>(stat: (...args: A) => Stats | undefined) =>
    (...args: A): Stats | undefined => {
      const found = stat(...args);
      if (!found) return undefined;
      const { mtimeMs, ctimeMs } = found;
      return Object.assign(found, { mtimeMs: mtimeMs - (mtimeMs % 10), ctimeMs: ctimeMs - (ctimeMs % 10) });
    };
  return { ...fs, lstatSync: coarse(fs.lstatSync as never), fstatSync: coarse(fs.fstatSync as never) };
});

let zone: TreeFolder;
beforeEach(() => {
  zone = new TreeFolder();
  zone.write({ 'src/a.txt': 'x' });
});
afterEach(() => zone[Symbol.dispose]());

/** Waits until a step of the clock begins, so that what follows has all of it. */
function nextStep(): void {
  const now = Date.now();
  while (Date.now() < now - (now % stepMs) + stepMs);
}

const found = (prints: Prints, mark: number): string[] =>
  prints.compare(mark).changes.map(({ path, kind }) => `${kind} ${path}`);

it('tells of a write in the very step in which the print was taken', () => {
  const prints = new Prints({ root: zone.path });
  prints.take();
  for (let round = 0; round < 10; round++) {
    nextStep();
    writeFileSync(zone.at('src/a.txt'), '1');
    const { mark } = prints.take();
    writeFileSync(zone.at('src/a.txt'), '2');
    expect(found(prints, mark)).toEqual(['written src/a.txt']);
    prints.release(mark);
  }
});

it('tells of a name that came in the very step in which its folder was read', () => {
  const prints = new Prints({ root: zone.path });
  prints.take();
  for (let round = 0; round < 10; round++) {
    nextStep();
    writeFileSync(zone.at(`src/one-${round}`), '');
    const { mark } = prints.take();
    writeFileSync(zone.at(`src/two-${round}`), '');
    expect(found(prints, mark)).toEqual([`added src/two-${round}`]);
    prints.release(mark);
  }
});

it('reads a folder again whose names came in the step of the last look, though its time has not moved', () => {
  const prints = new Prints({ root: zone.path });
  const { mark } = prints.take();
  for (let round = 0; round < 10; round++) {
    nextStep();
    writeFileSync(zone.at(`src/one-${round}`), '');
    // A comparison does not wait for the clock.
    prints.compare(mark);
    writeFileSync(zone.at(`src/two-${round}`), '');
    expect(found(prints, mark)).toContain(`added src/two-${round}`);
  }
});
