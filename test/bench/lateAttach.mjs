import { median, millis, percentile, row, timed } from './measure.mjs';
import { inScratchZone } from './scratch.mjs';
import { enrolProgram, ourTerminal } from './terminals/ours.mjs';

const rounds = 9;
const perRound = 11;
const lines = 1_000;
const program = `i=0; while [ $i -lt 3000 ]; do printf '\\033[3%dmline %d\\033[0m of a program that has printed much already, and goes on\\n' $((i % 8)) $i; i=$((i+1)); done; exec cat`;

/** From the call to the screen with its scrollback, for one who comes late. */
export function lateAttach() {
  return inScratchZone(async ({ open }) => {
    const khlone = await open();
    try {
      const who = await enrolProgram(khlone, ['sh', '-c', program]);
      const talker = await ourTerminal(khlone, { who, mode: 'talk' });
      const last = new Promise((resolve) =>
        talker.onBytes((_, text) => text.includes('line 2999') && resolve()),
      );
      await last;
      let snapshot;
      const attach = async () => {
        const stream = await khlone.stream.attach({ who, mode: 'watch', scrollback: lines });
        snapshot = (await stream.next()).value.snapshot;
        return stream;
      };
      const times = [];
      for (let round = 0; round < rounds; round++) {
        const some = [];
        for (let n = 0; n < perRound; n++) {
          let stream;
          some.push(await timed(async () => (stream = await attach())));
          await stream.detach();
        }
        times.push(some);
      }
      const found = snapshot.data.match(/line \d+/g).length;
      if (found < lines) throw new Error(`the snapshot has ${found} lines only`);
      await talker.close();
      return [
        row({
          name: `late attach with ${lines} lines of scrollback, p50`,
          limit: 20,
          value: median(times.map(median)),
          unit: 'ms',
          detail: `p99 ${millis(percentile(times.flat(), 0.99))}; ${Math.round(snapshot.data.length / 1000)} kB`,
        }),
      ];
    } finally {
      await khlone.close();
    }
  });
}
