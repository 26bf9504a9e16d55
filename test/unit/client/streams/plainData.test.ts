import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPlainData } from '../../../../client/streams/plainData.js';

const base64 = (bytes: number): string => Buffer.alloc(bytes, 'terminal').toString('base64');
const params = { stream: 'x_1', offset: 42, end: 4_096_000_000_042, data: base64(5_000) };
const bodyOf = (message: object): Buffer => Buffer.from(JSON.stringify(message));
const message = (some: object = params): object => ({
  jsonrpc: '2.0',
  method: 'stream/data',
  params: some,
});

describe('readPlainData', () => {
  it('reads base64 as a parser would, without one', () => {
    expect(readPlainData(bodyOf(message()))).toEqual(params);
  });

  it.each<[string, Buffer]>([
    ['what is short', bodyOf(message({ ...params, data: 'x' }))],
    ['what has to be unescaped', bodyOf(message({ ...params, data: `\u001b[1m${params.data}` }))],
    ['a quote that is escaped', bodyOf(message({ ...params, data: `${params.data}"` }))],
    ['what is beyond ASCII', bodyOf(message({ ...params, data: `${params.data}é` }))],
    ['a stream of a name that has to be unescaped', bodyOf(message({ ...params, stream: 'x"1' }))],
    ['more members', bodyOf(message({ ...params, _meta: {} }))],
    ['members in another order', bodyOf(message({ offset: 1, stream: 'x', end: 2, data: params.data }))],
    ['another method', bodyOf({ jsonrpc: '2.0', method: 'stream/else', params })],
    ['a negative place', bodyOf(message({ ...params, offset: -1 }))],
    ['a place with a fraction', bodyOf(message({ ...params, end: 1.5 }))],
    ['a place that is a text', bodyOf(message({ ...params, end: '1' }))],
    ['no place', Buffer.from(JSON.stringify(message()).replace('42', ''))],
    ['a place beyond every number', Buffer.from(JSON.stringify(message()).replace('42', '9'.repeat(30)))],
    ['an answer', bodyOf({ jsonrpc: '2.0', id: 1, result: { data: params.data } })],
    ['a body that is cut short', bodyOf(message()).subarray(0, -1)],
    ['no JSON at all', Buffer.alloc(5_000, 'x')],
  ])('leaves to the parser %s', (_, body) => {
    expect(readPlainData(body)).toBeUndefined();
  });

  it('never reads what a parser would read differently', () => {
    const texts = fc.string({ unit: 'grapheme', maxLength: 40 });
    fc.assert(
      fc.property(fc.record({ stream: texts, offset: fc.nat(), end: fc.nat(), data: texts }), (some) => {
        const body = bodyOf(message({ ...some, data: some.data + base64(2_000) }));
        const read = readPlainData(body);
        if (read !== undefined) {
          expect(read).toEqual((JSON.parse(body.toString()) as { params: object }).params);
        }
      }),
    );
  });
});
