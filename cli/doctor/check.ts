/** What became of one check. */
export interface Finding {
  readonly name: string;
  /** `warn`: works, with something missing that may be wanted; `fail`: something does not work. */
  readonly status: 'ok' | 'warn' | 'fail';
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
