import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Entry, isFile, isLink } from './entry.js';
import type { Path } from './path.js';

/** Larger contents are not read, in bytes. */
const largestContent = 1024 * 1024;

/** The content of an entry as it stands, if it still is that entry; undefined where it cannot or need not be read. */
export function contentOf(path: Path, entry: Entry, largest = largestContent): Buffer | undefined {
  try {
    if (isLink(entry.mode)) return readlinkSync(path, { encoding: 'buffer' });
    if (!isFile(entry.mode) || entry.size > largest) return undefined;
    return readFile(path, entry);
  } catch {
    // It is gone, or not ours to read.
    return undefined;
  }
}

/**
 * Reads a file through a descriptor that is the very inode that was looked at: a link put in its place, or in the
 * place of a folder above it, leads elsewhere.
 */
function readFile(path: Path, { ino, ctime, size }: Entry): Buffer | undefined {
  if (typeof path === 'string' && realpathSync.native(dirname(path)) !== dirname(path)) return undefined;
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const bytes = Buffer.alloc(size);
    let length = 0;
    for (;;) {
      const read = readSync(descriptor, bytes, length, bytes.length - length, null);
      if (read === 0) break;
      length += read;
    }
    const after = fstatSync(descriptor);
    const unmoved = after.ino === ino && after.ctimeMs === ctime && after.size === length;
    return unmoved ? bytes : undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** The id git gives a blob of this content: so that git's own store can be asked for what it was. */
export function blobId(content: Uint8Array): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}
