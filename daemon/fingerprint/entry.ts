import type { Stats } from 'node:fs';

/** What is kept of an entry's `lstat`, in this order, as numbers in a row: all of it moves when somebody writes. */
export const width = 8;

const types = 0o170000;

/** Where each number is. */
const at = { mode: 0, ino: 1, size: 2, mtime: 3, ctime: 4, uid: 5, gid: 6, nlink: 7 } as const;

/** One entry as it stood at one look. */
export interface Entry {
  readonly mode: number;
  readonly ino: number;
  readonly size: number;
  readonly mtime: number;
  /** Nobody can set it back: a content restored with its old time still has moved it. */
  readonly ctime: number;
  readonly uid: number;
  readonly gid: number;
  readonly nlink: number;
  /** The id git would give its content, where that was read. */
  readonly hash: string | undefined;
}

/** Writes what is kept of an entry. */
export function put(row: Float64Array, index: number, stat: Stats): void {
  const base = index * width;
  row[base + at.mode] = stat.mode;
  row[base + at.ino] = stat.ino;
  row[base + at.size] = stat.size;
  row[base + at.mtime] = stat.mtimeMs;
  row[base + at.ctime] = stat.ctimeMs;
  row[base + at.uid] = stat.uid;
  row[base + at.gid] = stat.gid;
  row[base + at.nlink] = stat.nlink;
}

/** Whether an entry is as it was. A write moves ctime; the rest is for file systems that keep none. */
export function isSame(row: Float64Array, index: number, stat: Stats): boolean {
  const base = index * width;
  return (
    row[base + at.ctime] === stat.ctimeMs &&
    row[base + at.ino] === stat.ino &&
    row[base + at.size] === stat.size &&
    row[base + at.mtime] === stat.mtimeMs &&
    row[base + at.mode] === stat.mode &&
    row[base + at.uid] === stat.uid &&
    row[base + at.gid] === stat.gid &&
    row[base + at.nlink] === stat.nlink
  );
}

/** The entry that was written. */
export function get(row: Float64Array, index: number, hash: string | undefined): Entry {
  const number = (place: number): number => row[index * width + place] ?? 0;
  return {
    mode: number(at.mode),
    ino: number(at.ino),
    size: number(at.size),
    mtime: number(at.mtime),
    ctime: number(at.ctime),
    uid: number(at.uid),
    gid: number(at.gid),
    nlink: number(at.nlink),
    hash,
  };
}

/** When the entry changed last, in ms since 1970. */
export const ctimeAt = (row: Float64Array, index: number): number => row[index * width + at.ctime] ?? 0;

/** What is true of a mode. */
export const isFolder = (mode: number): boolean => (mode & types) === 0o040000;
export const isFile = (mode: number): boolean => (mode & types) === 0o100000;
export const isLink = (mode: number): boolean => (mode & types) === 0o120000;
export const sameType = (a: number, b: number): boolean => (a & types) === (b & types);
