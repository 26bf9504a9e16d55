/** Whether everything of the chaos tests runs (`npm run chaos`), or a short part of each, as in the suite. */
export const isFull = process.env['KHLONE_CHAOS'] === 'full';

/** The part of the full amounts that runs, for a machine with little time: 1 is all, 0.1 a tenth. */
const share = Number(process.env['KHLONE_CHAOS_SHARE'] ?? '1');

/** How often a chaos test does what it does. */
export interface Amounts {
  /** In every run of the suite. */
  readonly short: number;
  /** By `npm run chaos`. */
  readonly full: number;
}

/** The amount for this run; never less than the short one. */
export function amount({ short, full }: Amounts): number {
  return isFull ? Math.max(short, Math.round(full * share)) : short;
}
