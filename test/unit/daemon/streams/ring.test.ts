import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Ring } from '../../../../daemon/streams/ring.js';

it('keeps the newest bytes at their places, whatever the chunks, and nothing else', () => {
  fc.assert(
    fc.property(
      fc.nat(100),
      fc.array(fc.uint8Array({ maxLength: 25 }), { maxLength: 30 }),
      fc.array(fc.tuple(fc.nat(300), fc.nat(20)), { maxLength: 20 }),
      (place, chunks, reads) => {
        const ring = new Ring(10, place);
        const all = Buffer.concat(chunks);
        for (const chunk of chunks) ring.append(Buffer.from(chunk));
        const end = place + all.length;
        const start = Math.max(place, end - 10);
        expect([ring.start, ring.end]).toEqual([start, end]);
        for (const [at, max] of reads) {
          const read = ring.read(at, max);
          if (at < start || at > end) expect(read).toBeUndefined();
          else expect(read).toEqual(all.subarray(at - place, Math.min(at + max, end) - place));
        }
      },
    ),
    { numRuns: 1000 },
  );
});

it('goes on elsewhere after a restart', () => {
  const ring = new Ring(8, 0);
  ring.append(Buffer.from('abc'));
  ring.restart(100);
  ring.append(Buffer.from('xy'));
  expect(ring.read(0, 3)).toBeUndefined();
  expect(ring.read(100, 9)?.toString()).toBe('xy');
});
