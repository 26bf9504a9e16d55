// `node seededPrinter.mjs <seed> <bytes>`: prints seeded bytes, every value among them, then their SHA-256 in hex, and
// ends upon the key `q`. It is never more than 16 MiB ahead of its reader, who types an `m` for each MiB that has
// arrived: a terminal is never paused, and keeps 32 MiB. The terminal is to be raw already: Node's own raw mode changes
// line feeds.
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';

const mebibyte = 1024 * 1024;
const chunkBytes = 64 * 1024;
const [seed, bytes] = process.argv.slice(2).map(Number);

const hash = createHash('sha256');
let state = seed >>> 0 || 1;
let allowed = 16 * mebibyte;
let printed = 0;

/** Xorshift32, four bytes a step. */
function chunk() {
  const words = new Uint32Array(chunkBytes / 4);
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state >>> 0;
  }
  return Buffer.from(words.buffer);
}

function write(data) {
  for (let at = 0; at < data.length;) at += writeSync(1, data, at);
}

function go() {
  while (printed < bytes && printed + chunkBytes <= allowed) {
    const data = chunk();
    hash.update(data);
    write(data);
    printed += data.length;
    if (printed >= bytes) write(Buffer.from(hash.digest('hex')));
  }
}

process.stdin.on('data', (keys) => {
  if (keys.includes('q')) process.exit(0);
  // Among the bytes are questions to the terminal, and its answers are no keys.
  for (const key of keys.toString('latin1')) if (key === 'm') allowed += mebibyte;
  go();
});
go();
