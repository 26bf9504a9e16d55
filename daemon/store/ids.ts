import { randomBytes } from 'node:crypto';

// Crockford's base 32: no letters that are taken for digits.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** An id that sorts by time: a prefix, 9 characters of milliseconds, 9 random ones (45 bits). */
export function newId(prefix: 't' | 'a' | 's'): string {
  let time = Date.now();
  let head = '';
  for (let i = 0; i < 9; i++) {
    head = alphabet.charAt(time % 32) + head;
    time = Math.floor(time / 32);
  }
  let tail = '';
  for (const byte of randomBytes(9)) tail += alphabet.charAt(byte & 31);
  return `${prefix}_${head}${tail}`;
}

/** Now, as the wire writes times. */
export function now(): string {
  return new Date().toISOString();
}
