import { writeFileSync } from 'node:fs';

const words = [
  'compiling',
  'src/index.ts',
  'linking',
  'warning:',
  'unused',
  'done',
  'in',
  '12 ms',
  '→',
  'naïve',
];
const colours = [31, 32, 33, 36];

/** Writes lines as a coloured build log has them, some with characters beyond ASCII; the same bytes every time. */
export function writeBuildLog(path, bytes) {
  const block = [];
  for (let n = 0, length = 0; length < 64 * 1024; n++) {
    const some = Array.from({ length: 3 + (n % 9) }, (_, at) => words[(n * 7 + at * 3) % words.length]);
    const line = `\x1b[1;${colours[n % colours.length]}m[${n}]\x1b[0m ${some.join(' ')}\r\n`;
    block.push(line);
    length += Buffer.byteLength(line);
  }
  const text = Buffer.from(block.join(''));
  writeFileSync(path, Buffer.alloc(bytes, text));
}
