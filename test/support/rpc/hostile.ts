import * as fc from 'fast-check';

/** What becomes of a connection after these bytes. */
export type Fate =
  /** The frame is answered or dropped, and the connection goes on. */
  | 'survives'
  /** The connection is told once and ended. */
  | 'ends'
  /** The frame is not complete: the daemon waits for the rest. */
  | 'hangs';

/** One hostile frame. */
export interface HostileFrame {
  readonly bytes: Buffer;
  readonly fate: Fate;
}

/** One visit of a hostile client: several frames, the last of which may end it, and how it cuts them into writes. */
export interface Visit {
  readonly greets: boolean;
  readonly frames: readonly HostileFrame[];
  /** Sizes of the writes; all at once when empty. */
  readonly cuts: readonly number[];
}

const framed = (body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`, 'latin1'), body]);

const survives = (body: Buffer): HostileFrame => ({ bytes: framed(body), fate: 'survives' });
const message = (value: unknown): HostileFrame => survives(Buffer.from(JSON.stringify(value)));

const anyValue = fc.jsonValue({ maxDepth: 3 });
const ids = fc.oneof(
  fc.constantFrom<unknown>(1, 1, '1', 'x', null, true, 1.5, 2 ** 60, -0, [], {}, 'x'.repeat(300)),
  anyValue,
);
const methods = fc.oneof(
  fc.constantFrom<unknown>(
    'ping',
    'wait',
    'initialize',
    'no/such',
    '',
    '$/cancelRequest',
    '$/progress',
    '__proto__',
  ),
  fc.constantFrom<unknown>('constructor', null, 7, [], 'x'.repeat(300)),
  anyValue,
);

const envelope = fc
  .record(
    {
      jsonrpc: fc.constantFrom<unknown>('2.0', '2.0', '1.0', 2, null),
      id: ids,
      method: methods,
      params: anyValue,
    },
    {
      requiredKeys: [],
    },
  )
  .map(message);

const call = fc
  .record({ id: ids, method: fc.constantFrom('ping', 'wait', 'no/such'), params: fc.constant({}) })
  .map((rest) => message({ jsonrpc: '2.0', ...rest }));

const cancel = ids.map((id) => message({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id } }));
const answer = fc.tuple(ids, anyValue).map(([id, result]) => message({ jsonrpc: '2.0', id, result }));
const batch = fc.array(anyValue, { maxLength: 5 }).map(message);
const anything = anyValue.map(message);
const noise = fc.uint8Array({ maxLength: 80 }).map((bytes) => survives(Buffer.from(bytes)));
const deep = fc
  .tuple(fc.constantFrom('[', '{"a":', '[{"a":'), fc.integer({ min: 65, max: 5_000 }), fc.boolean())
  .map(([open, depth, close]) =>
    survives(Buffer.from(open.repeat(depth) + (close ? ']'.repeat(depth) : ''))),
  );
const cutShort = call.map(({ bytes }) => survives(bytes.subarray(bytes.indexOf('{'), -3)));

const deadly = fc
  .oneof(
    fc.constantFrom(
      'Content-Length: 2147483648\r\n\r\n',
      'Content-Length: 8388609\r\n\r\n',
      'Content-Length: 99999999999999999999999\r\n\r\n',
      'Content-Length: -1\r\n\r\n',
      'Content-Length: 1e3\r\n\r\n',
      'Content-Length: 0x10\r\n\r\n',
      'Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}',
      'Content-Length: 2 2\r\n\r\n{}',
      'Content-Type: text/plain\r\n\r\n{}',
      'Content-Length: 2\r\nContent-Type: a; charset=latin1\r\n\r\n{}',
      'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
      '\r\n\r\n',
      '{"jsonrpc":"2.0","id":1,"method":"ping"}\r\n\r\n',
    ),
    fc.integer({ min: 4_097, max: 70_000 }).map((length) => 'X-Endless: '.padEnd(length, 'x')),
    // A broken line is only seen once its header ends; this one always does.
    fc.string({ maxLength: 60 }).map((text) => `${text.replaceAll(':', '')}\r\n\r\n`),
  )
  .map((text): HostileFrame => ({ bytes: Buffer.from(text, 'latin1'), fate: 'ends' }));

const half = fc
  .oneof(
    fc.constantFrom(
      'Content-Length: 8388608\r\n\r\n{"',
      'Content-Length: 10\r\n\r\n',
      'Content-Len',
      'C',
      '\r\n\r',
    ),
    fc.integer({ min: 1, max: 4_000 }).map((length) => 'X-Slow: '.padEnd(length, 'x').slice(0, length)),
  )
  .map((text): HostileFrame => ({ bytes: Buffer.from(text, 'latin1'), fate: 'hangs' }));

const living = fc.oneof(envelope, call, cancel, answer, batch, anything, noise, deep, cutShort);
const last = fc.oneof(
  { arbitrary: living, weight: 4 },
  { arbitrary: deadly, weight: 2 },
  { arbitrary: half, weight: 1 },
);

/** Visits of hostile clients. */
export const visits: fc.Arbitrary<Visit> = fc
  .record({
    greets: fc.boolean(),
    living: fc.array(living, { minLength: 5, maxLength: 40 }),
    last,
    cuts: fc.oneof(fc.constant([]), fc.array(fc.integer({ min: 1, max: 2_000 }), { maxLength: 6 })),
  })
  .map((visit) => ({ greets: visit.greets, frames: [...visit.living, visit.last], cuts: visit.cuts }));
