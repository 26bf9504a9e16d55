import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../../../../daemon/brains/streamJson/lines.js';

const split = (chunks: readonly Buffer[], limit?: number): { lines: string[]; dropped: number } => {
  const heard = { lines: [] as string[], dropped: 0 };
  const splitter = new LineSplitter(
    { line: (text) => heard.lines.push(text), overflow: () => (heard.dropped += 1) },
    limit,
  );
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return heard;
};

const cut = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...chunks, bytes.subarray(at)];
};

describe('the line splitter', () => {
  it('gives the same lines however the bytes are cut, inside characters too', () => {
    const line = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .map((text) => `"${text.replace(/[\r\n]/g, '')}"`);
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(9)), (lines, sizes) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        expect(split(cut(bytes, sizes)).lines).toEqual(lines);
      }),
    );
  });

  it('passes over empty lines and carriage returns, and gives out a last line without its end', () => {
    expect(split([Buffer.from('\n\r\none\r\n\n two \nrest')]).lines).toEqual(['one', ' two', 'rest']);
  });

  it('takes a line of many MB in small chunks', () => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const chunks = Array.from({ length: 512 }, () => chunk);
    const { lines } = split([...chunks, Buffer.from('\nnext\n')]);
    expect(lines.map((line) => line.length)).toEqual([512 * 64 * 1024, 4]);
  });

  it('drops a line over the limit and goes on with the next', () => {
    const long = Buffer.alloc(101, 'x');
    const exact = Buffer.alloc(100, 'y');
    const heard = split(
      [long.subarray(0, 60), long.subarray(60), long, Buffer.from('\n'), exact, Buffer.from('\nz\n'), long],
      100,
    );
    expect(heard).toEqual({ lines: [exact.toString(), 'z'], dropped: 2 });
  });
});
