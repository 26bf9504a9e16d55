import { setTimeout as wait } from 'node:timers/promises';
import { median, millis, row } from './measure.mjs';
import { inScratchZone } from './scratch.mjs';
import { enrolProgram } from './terminals/ours.mjs';

const rounds = 5;
const typedBytes = 1_000_000;
const watchedMs = 2_000;

/** Longest answer to a ping within so many ms, one after another. */
async function longestPing(khlone, ms) {
  let longest = 0;
  for (const until = performance.now() + ms; performance.now() < until;) {
    const from = performance.now();
    await khlone.ping();
    longest = Math.max(longest, performance.now() - from);
  }
  return longest;
}

/** 1 MB typed to a program that does not read: how long the daemon's event loop is held up, as others see it. */
export function deafProgram() {
  return inScratchZone(async ({ open }) => {
    const [khlone, other] = [await open(), await open()];
    try {
      const longest = { idle: [], typed: [] };
      for (let round = 0; round < rounds; round++) {
        const who = await enrolProgram(khlone, ['sh', '-c', 'stty raw -echo; echo ready; exec sleep 1000']);
        const stream = await khlone.stream.attach({ who, mode: 'talk' });
        for await (const piece of { [Symbol.asyncIterator]: () => ({ next: () => stream.next() }) }) {
          if (piece.type === 'data' && piece.data.includes('ready')) break;
          if (piece.snapshot?.data.includes('ready')) break;
        }
        longest.idle.push(await longestPing(other, watchedMs));
        const written = stream.write('x'.repeat(typedBytes));
        longest.typed.push(await longestPing(other, watchedMs));
        await Promise.race([written, wait(1)]);
        await stream.detach();
        await written.catch(() => {});
        await khlone.clone.hibernate({ who });
      }
      return [
        row({
          name: '1 MB typed to a program that does not read: loop lag of the daemon',
          limit: 5,
          value: Math.max(0, median(longest.typed) - median(longest.idle)),
          unit: 'ms',
          detail: `longest ping of 2 s from another connection: ${millis(median(longest.typed))} against ${millis(median(longest.idle))} with nothing typed`,
        }),
      ];
    } finally {
      await khlone.close();
      await other.close();
    }
  });
}
