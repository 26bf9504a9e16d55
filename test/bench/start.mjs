import { median, millis, row, timed } from './measure.mjs';
import { inScratchZone } from './scratch.mjs';

/** From no daemon at all to its first answer, in a zone never seen before. */
export async function start() {
  const times = [];
  for (let n = 0; n < 11; n++) {
    await inScratchZone(async ({ open }) => {
      let khlone;
      times.push(
        await timed(async () => {
          khlone = await open();
          await khlone.ping();
        }),
      );
      await khlone.close();
    });
  }
  return [
    row({
      name: 'daemon start to first answer, p50',
      limit: 400,
      value: median(times),
      unit: 'ms',
      detail: `slowest of ${times.length}: ${millis(Math.max(...times))}`,
    }),
  ];
}
