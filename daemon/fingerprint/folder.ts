import { width } from './entry.js';
import type { Path } from './path.js';
import type { Scouted } from './scout.js';

/** One folder as it stood at the last look; what is in it stands in rows, by the order of its names. */
export interface Folder {
  /** A number of its own, among those of this process. */
  readonly id: number;
  readonly path: Path;
  readonly device: number;
  names: readonly Path[];
  paths: readonly Path[];
  row: Float64Array;
  hashes: (string | undefined)[];
  folders: (Folder | undefined)[];
  /** The last look at which a scout has found each entry to be as it is known, once one knows the folder. */
  seen: Int32Array | undefined;
  /** Whether its names are those of its time: else they are read again. */
  settled: boolean;
  /** Whether what is in it is ever looked at. */
  readonly left: boolean;
}

let lastId = 0;

/** A folder's entries, for a scout. */
export function shared(folder: Folder): Scouted {
  folder.seen = new Int32Array(new SharedArrayBuffer(4 * folder.paths.length));
  const { id, paths, row, seen } = folder;
  return { id, paths, row, seen };
}

/** A folder of which nothing is known. */
export const emptyFolder = (path: Path, device: number): Folder => ({
  id: ++lastId,
  path,
  device,
  names: [],
  paths: [],
  ...arrays(0),
  settled: false,
  left: false,
});

/** Room for so many entries, of which nothing is known. */
export function arrays(length: number): Pick<Folder, 'row' | 'hashes' | 'folders' | 'seen'> {
  return {
    row: sharedRow(length),
    seen: undefined,
    hashes: Array.from<string | undefined>({ length }),
    folders: Array.from<Folder | undefined>({ length }),
  };
}

/** Room for what is known of so many entries, which another thread can read. */
export const sharedRow = (length: number): Float64Array =>
  new Float64Array(new SharedArrayBuffer(length * width * Float64Array.BYTES_PER_ELEMENT));
