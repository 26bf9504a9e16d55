/** Most bytes of a character that are there without it being complete. */
const mostUnfinished = 3;

/** Most bytes of a character. */
export const longestCharacter = 4;

function lengthBy(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/** Whether a second byte can follow a first one: not every continuation byte makes a character. */
function canFollow(lead: number, second: number): boolean {
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  return second >= low && second <= high;
}

/**
 * How many bytes at the end belong to a UTF-8 character whose rest is still to come; 0 to 3. Bytes that cannot
 * become a character do not count: they are replaced, and waiting for more would not change that.
 */
export function unfinishedBytes(bytes: Buffer): number {
  const most = Math.min(mostUnfinished, bytes.length);
  for (let count = 1; count <= most; count++) {
    const lead = bytes[bytes.length - count] ?? 0;
    if (lead >= 0x80 && lead <= 0xbf) continue;
    const second = bytes[bytes.length - count + 1];
    const possible = second === undefined || canFollow(lead, second);
    return lengthBy(lead) > count && possible ? count : 0;
  }
  return 0;
}
