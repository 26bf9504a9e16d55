import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** How files are opened that a brain can put anything in the place of: a pipe there would be waited for, for ever. */
export const openForReading = constants.O_RDONLY | constants.O_NONBLOCK;

/** The first bytes of a file, at most `limit`; undefined where there is none, or something else is in its place. */
export function headOf(path: string, limit: number): Buffer | undefined {
  let opened: number | undefined;
  try {
    opened = openSync(path, openForReading);
    if (!fstatSync(opened).isFile()) return undefined;
    const head = Buffer.alloc(limit);
    return head.subarray(0, readSync(opened, head, 0, limit, 0));
  } catch {
    return undefined;
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}
