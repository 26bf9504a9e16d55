/** What became of one check. */
export interface Finding {
  readonly name: string;
  /**
   * `warn`: works, with something missing that may be wanted; `fail`: something does not work; `mended`: it was so, and
   * is no more.
   */
  readonly status: 'ok' | 'warn' | 'fail' | 'mended';
  readonly detail: string;
  /** What to do about it. */
  readonly next?: string;
}

/** All is well. */
export function fine(name: string, detail: string): Finding {
  return { name, status: 'ok', detail };
}

/** Something may be missed. */
export function warn(name: string, detail: string, next: string): Finding {
  return { name, status: 'warn', detail, next };
}

/** Something does not work. */
export function broken(name: string, detail: string, next: string): Finding {
  return { name, status: 'fail', detail, next };
}

/** A finding that can be mended here and now. */
export interface Mendable extends Finding {
  /** `always`: nothing is lost by it; `allZones`: only when the user speaks of all zones. */
  readonly scope: 'always' | 'allZones';
  /** Resolves with what was done; undefined where it could not be. */
  readonly mend: () => Promise<string | undefined>;
}
