import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameDecoder, FrameError, type FrameLimits } from '../../../../protocol/wire/frames.js';

const decodeAll = (chunks: readonly Buffer[], limits?: Partial<FrameLimits>): string[] => {
  const decoder = new FrameDecoder(limits);
  const bodies: string[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let body = decoder.next(); body !== undefined; body = decoder.next())
      bodies.push(body.toString('latin1'));
  }
  return bodies;
};

const frame = (body: Buffer, header = `Content-Length: ${body.length}\r\n\r\n`): Buffer =>
  Buffer.concat([Buffer.from(header, 'latin1'), body]);

const cut = (bytes: Buffer, at: readonly number[]): Buffer[] => {
  const places = [...new Set(at.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((start, index) => bytes.subarray(start, places[index] ?? bytes.length));
};

const bodies = fc.array(
  fc.uint8Array({ maxLength: 300 }).map((body) => Buffer.from(body)),
  { maxLength: 8 },
);

describe('FrameDecoder', () => {
  it('finds the same frames however the bytes are cut', () => {
    fc.assert(
      fc.property(bodies, fc.array(fc.nat(), { maxLength: 60 }), (wanted, places) => {
        const bytes = Buffer.concat(wanted.map((body) => frame(body)));
        expect(decodeAll(cut(bytes, places))).toEqual(wanted.map((body) => body.toString('latin1')));
      }),
      { numRuns: 300 },
    );
  });

  it('finds the same frames byte by byte, and knows when one is cut short', () => {
    const wanted = [Buffer.from('{}'), Buffer.alloc(0), Buffer.from('\r\n\r\nContent-Length: 5')];
    const bytes = Buffer.concat(wanted.map((body) => frame(body)));
    const decoder = new FrameDecoder();
    const found: string[] = [];
    const partial: boolean[] = [];
    for (const byte of bytes) {
      decoder.push(Buffer.of(byte));
      const body = decoder.next();
      partial.push(decoder.partial);
      if (body !== undefined) found.push(body.toString('latin1'));
    }
    expect(found).toEqual(wanted.map((body) => body.toString('latin1')));
    const whole = partial.filter((one) => !one).length;
    expect({ last: partial.at(-1), whole }).toEqual({ last: false, whole: wanted.length });
  });

  it('gives the same verdict on hostile bytes however they are cut', () => {
    const piece = fc.constantFrom(
      'Content-Length: ',
      '3',
      '\r\n',
      '\r\n\r\n',
      'X: y',
      ':',
      '{}',
      '\n',
      '-1',
      'é',
    );
    const verdict = (chunks: Buffer[]): string => {
      try {
        return JSON.stringify(decodeAll(chunks, { headerBytes: 40, bodyBytes: 40 }));
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        return error.message;
      }
    };
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (pieces, places) => {
          const bytes = Buffer.from(pieces.join(''), 'latin1');
          expect(verdict(cut(bytes, places))).toBe(verdict([bytes]));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['no length', 'Content-Type: x\r\n\r\n', 'missing'],
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}', 'twice'],
    ['two lengths, spelt differently', 'Content-Length: 2\r\ncontent-length: 2\r\n\r\n{}', 'twice'],
    ['a sign', 'Content-Length: +2\r\n\r\n{}', 'decimal'],
    ['a negative length', 'Content-Length: -2\r\n\r\n{}', 'decimal'],
    ['hexadecimal', 'Content-Length: 0x2\r\n\r\n{}', 'decimal'],
    ['an exponent', 'Content-Length: 2e0\r\n\r\n{}', 'decimal'],
    ['a fraction', 'Content-Length: 2.0\r\n\r\n{}', 'decimal'],
    ['a leading zero', 'Content-Length: 02\r\n\r\n{}', 'decimal'],
    ['two numbers', 'Content-Length: 2, 2\r\n\r\n{}', 'decimal'],
    ['an empty value', 'Content-Length:\r\n\r\n{}', 'decimal'],
    ['a line without a colon', 'POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}', 'Name: value'],
    ['a space before the colon', 'Content-Length : 2\r\n\r\n{}', 'Name: value'],
    ['a bare newline', 'Content-Length: 2\nX: y\r\n\r\n{}', 'Name: value'],
    ['an empty header', '\r\n\r\n{}', 'Name: value'],
    ['another charset', 'Content-Length: 2\r\nContent-Type: a/b; charset=utf-16\r\n\r\n{}', 'charset'],
    ['2 GB', 'Content-Length: 2147483648\r\n\r\n', 'limit'],
    ['a length past all integers', 'Content-Length: 99999999999999999999\r\n\r\n', 'decimal'],
    ['an endless header', 'X: '.padEnd(5000, 'y'), 'longer than 4096'],
  ])('refuses %s', (_, text, reason) => {
    expect(() => decodeAll([Buffer.from(text, 'latin1')])).toThrow(reason);
  });

  it('takes other headers and utf-8 under both its names', () => {
    const body = Buffer.from('{}');
    for (const charset of ['utf-8', 'utf8', '"UTF-8"']) {
      const header = `Content-Type: application/json; charset=${charset}\r\nX-Any: thing\r\ncontent-length:2\r\n\r\n`;
      expect(decodeAll([frame(body, header)])).toEqual(['{}']);
    }
  });

  it('takes a body of exactly the limit and none longer', () => {
    const limits = { bodyBytes: 100_000 };
    const longest = Buffer.alloc(100_000, 'x');
    expect(decodeAll(cut(frame(longest), [10, 70_000]), limits)).toEqual([longest.toString()]);
    expect(() => decodeAll([frame(Buffer.alloc(100_001))], limits)).toThrow('limit');
  });

  it('sets no memory aside for a length that is only announced', () => {
    const before = process.memoryUsage().arrayBuffers;
    const decoders = Array.from({ length: 200 }, () => {
      const decoder = new FrameDecoder();
      decoder.push(Buffer.from('Content-Length: 8388608\r\n\r\nx'));
      expect(decoder.next()).toBeUndefined();
      return decoder;
    });
    expect(decoders).toHaveLength(200);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });
});

describe('encodeFrame', () => {
  it('writes what the decoder reads, for any JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue())), (messages) => {
        const frames = messages.map((message) => encodeFrame(message));
        const bytes = Buffer.from(frames.map(({ text }) => text).join(''));
        expect(bytes.length).toBe(frames.reduce((sum, one) => sum + one.bytes, 0));
        const found = decodeAll([bytes]).map(
          (body) => JSON.parse(Buffer.from(body, 'latin1').toString()) as unknown,
        );
        expect(found).toEqual(messages.map((message) => JSON.parse(JSON.stringify(message)) as unknown));
      }),
    );
  });
});
