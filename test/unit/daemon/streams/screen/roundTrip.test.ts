import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../../../../daemon/streams/contract.js';
import { HeadlessScreen } from '../../../../../daemon/streams/screen/headlessScreen.js';
import { terminalBytes } from '../../../../support/terminalBytes.js';
import { PlainTerminal } from '../../../../support/terminalState.js';

const sizes = fc.constantFrom(
  { cols: 10, rows: 5 },
  { cols: 20, rows: 2 },
  { cols: 3, rows: 7 },
  { cols: 80, rows: 24 },
);

const runs = Number(process.env['KHLONE_TEST_RUNS'] ?? 400);

function snapshotOf(bytes: Uint8Array, size: { readonly cols: number; readonly rows: number }): Snapshot {
  const screen = new HeadlessScreen({ size, offset: 0 }, () => undefined);
  screen.feed(0, bytes);
  const snapshot = screen.answer({ type: 'snapshot', scrollback: 10_000 }) as Snapshot;
  screen.dispose();
  return snapshot;
}

describe('a snapshot', () => {
  it('makes a cleared terminal the same', () => {
    fc.assert(
      fc.property(terminalBytes, sizes, (bytes, size) => {
        const whole = new PlainTerminal(size).write(bytes);
        const drawn = new PlainTerminal(size).write(snapshotOf(bytes, size).data);
        expect(drawn.state()).toEqual(whole.state());
      }),
      { numRuns: runs },
    );
  });

  it('with the bytes from its offset makes the whole, wherever it is taken', () => {
    fc.assert(
      fc.property(terminalBytes, sizes, fc.double({ min: 0, max: 1, noNaN: true }), (bytes, size, part) => {
        const cut = Math.floor(bytes.length * part);
        const snapshot = snapshotOf(bytes.subarray(0, cut), size);
        expect(snapshot.offset).toBeLessThanOrEqual(cut);
        const whole = new PlainTerminal(size).write(bytes);
        const joined = new PlainTerminal(size).write(snapshot.data).write(bytes.subarray(snapshot.offset));
        expect(joined.state()).toEqual(whole.state());
      }),
      { numRuns: runs },
    );
  });
});
