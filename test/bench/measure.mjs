/** The value below which the share `p` (0 to 1) of the numbers lies. */
export function percentile(numbers, p) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))];
}

export const median = (numbers) => percentile(numbers, 0.5);

/** Milliseconds that `work` takes. */
export async function timed(work) {
  const from = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - from) / 1e6;
}

/**
 * Times both works by turns, in blocks, so that a busy machine is busy for both.
 * @returns the milliseconds of every run of each
 */
export async function interleaved({ blocks, perBlock, ours, bare }) {
  const times = { ours: [], bare: [] };
  for (let block = 0; block < blocks; block++) {
    for (let n = 0; n < perBlock; n++) times.bare.push(await timed(bare));
    for (let n = 0; n < perBlock; n++) times.ours.push(await timed(ours));
  }
  return times;
}

/** One line of the report, in `unit`: `value` is to be at most `limit`, or, where that is given, at least `least`. */
export function row({ name, limit, least, value, unit, detail }) {
  const met = least === undefined ? value <= limit : value >= least;
  return { name, limit, least, value, unit, detail, verdict: met ? 'met' : 'MISSED' };
}

/** One line for what cannot be measured here, which is no miss. */
export const skipped = (name, reason) => ({ name, unit: '', verdict: 'skipped', detail: reason });

const target = ({ limit, least, unit }) => {
  if (least !== undefined) return `>= ${least} ${unit}`;
  return limit === undefined ? '' : `<= ${limit} ${unit}`;
};
const measured = ({ value, unit, error }) => {
  if (error) return 'failed';
  return value === undefined ? '' : `${number(value)} ${unit}`;
};

const number = (value) => (value >= 100 ? value.toFixed(0) : value.toFixed(2));

/** The report as a table for people. */
export function table(rows) {
  const cells = rows.map((r) => [r.name, target(r), measured(r), r.verdict, r.error ?? r.detail]);
  const all = [['what', 'target', 'measured', 'verdict', 'detail'], ...cells];
  const widths = all[0].map((_, column) => Math.max(...all.map((line) => line[column].length)));
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export const micros = (ms) => `${(ms * 1000).toFixed(0)} us`;
export const millis = (ms) => `${ms.toFixed(1)} ms`;
