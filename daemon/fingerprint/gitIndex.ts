import { createHash } from 'node:crypto';

/** Bytes of an entry's stat data, which git refreshes whenever somebody looks: no part of what is staged. */
const statBytes = 40;
const idBytes = 20;

/**
 * What a git index says, without the times and numbers that `git status` refreshes in it. An index of another version
 * or shape counts byte by byte.
 */
export function indexMeaning(index: Buffer): string {
  const hash = createHash('sha1');
  const meaning = staged(index);
  for (const part of meaning ?? [index]) hash.update(part);
  return hash.digest('hex');
}

function staged(index: Buffer): Buffer[] | undefined {
  if (index.length < 12 || index.toString('latin1', 0, 4) !== 'DIRC') return undefined;
  const version = index.readUInt32BE(4);
  const count = index.readUInt32BE(8);
  if (version !== 2 && version !== 3 && version !== 4) return undefined;
  const parts: Buffer[] = [index.subarray(0, 12)];
  let at = 12;
  for (let n = 0; n < count; n++) {
    const flagsAt = at + statBytes + idBytes;
    if (flagsAt + 2 > index.length) return undefined;
    const flags = index.readUInt16BE(flagsAt);
    const flagsEnd = flagsAt + (version > 2 && (flags & 0x4000) !== 0 ? 4 : 2);
    const nameAt = version === 4 ? pastNumber(index, flagsEnd) : flagsEnd;
    const end = index.indexOf(0, nameAt);
    if (end < 0) return undefined;
    // Its mode, which stands amid the stat data, then its id, flags and name.
    parts.push(index.subarray(at + 24, at + 28), index.subarray(at + statBytes, end + 1));
    at = version === 4 ? end + 1 : at + ((end - at + 8) & ~7);
  }
  return parts;
}

/** Where a number ends by which a name says how much of the one before it is left out: its last byte has no high bit. */
function pastNumber(index: Buffer, at: number): number {
  let last = at;
  while (((index[last] ?? 0) & 0x80) !== 0) last += 1;
  return last + 1;
}
