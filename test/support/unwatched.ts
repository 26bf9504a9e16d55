import type { LedgerShared } from '../../daemon/clones/ledger.js';
import type { ZoneLook } from '../../daemon/clones/zoneWatch.js';

const look = (): ZoneLook => ({
  ready: Promise.resolve(),
  judged: (end) => Promise.resolve(end),
  [Symbol.dispose]: () => {},
});

/** A zone that nobody looks at, for tests of what is beside that. */
export const unwatched: LedgerShared['zone'] = { look, ridden: look };
