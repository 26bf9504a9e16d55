import type { LedgerShared } from '../../daemon/clones/ledger.js';

/** A zone that nobody looks at, for tests of what is beside that. */
export const unwatched: LedgerShared['zone'] = {
  look: () => ({
    ready: Promise.resolve(),
    judged: (end) => Promise.resolve(end),
    [Symbol.dispose]: () => {},
  }),
};
