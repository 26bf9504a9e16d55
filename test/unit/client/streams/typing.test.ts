import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Link } from '../../../../client/link.js';
import type { Stream } from '../../../../client/streams/options.js';
import { Streams } from '../../../../client/streams/streams.js';
import { fail } from '../../../../protocol/fail.js';
import { openLinkTo } from '../../../support/rpc/client.js';
import { Random } from '../../../support/random.js';
import { FakeTerminal } from '../../../support/rpc/terminal.js';

let terminal: FakeTerminal;
let link: Link;
let stream: Stream;

/** What a promise is rejected with. */
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

beforeEach(async () => {
  terminal = await FakeTerminal.start();
  link = openLinkTo(terminal.path);
  stream = await new Streams(link).attach({ who: 'mechanic.1', mode: 'talk' });
});
afterEach(async () => {
  await link.close();
  await terminal.stop();
});

const inputFull = fail('inputFull', { clone: 'mechanic.1', bytes: 4_194_304 });
const refuse = (times: number): void => {
  let left = times;
  terminal.before = (method) => {
    if (method === 'stream/write' && left-- > 0) throw inputFull;
  };
};
/** Holds writes back from their answers until told. */
const hold = (): { release(): void } => {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  terminal.before = (method) => (method === 'stream/write' ? held : undefined);
  return { release };
};

describe('write', () => {
  it('types in the order of the calls, though nobody waits between them, in few calls', async () => {
    const keys = Array.from({ length: 5_000 }, (_, n) => `${n} `);
    await Promise.all(keys.map((key) => stream.write(key)));
    expect(terminal.typed.toString()).toBe(keys.join(''));
    expect(terminal.of('stream/write').length).toBeLessThan(10);
  });

  it('sends a single key at once', async () => {
    const held = hold();
    const written = stream.write('k');
    await terminal.until(() => terminal.of('stream/write').length === 1);
    expect(terminal.of('stream/write')).toEqual([{ stream: 'x_1', data: 'k' }]);
    held.release();
    await written;
  });

  it('cuts what is long into calls far below the limit, never through a character', async () => {
    const random = new Random(7);
    let paste = 'x';
    while (paste.length < 1_000_000) paste += random.pick(['😀', 'é', '€', 'ab']);
    await stream.write(paste);
    expect(terminal.typed.toString() === paste).toBe(true);
    const lengths = terminal.of('stream/write').map(({ data }) => (data as string).length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(65_537);
    expect(lengths.length).toBeGreaterThan(15);
  });

  it('waits for a program that does not read, and nothing overtakes what waits', async () => {
    refuse(4);
    await Promise.all([stream.write('a'), stream.write('b'.repeat(200_000)), stream.write('c')]);
    expect(terminal.typed.toString()).toBe(`a${'b'.repeat(200_000)}c`);
    expect(terminal.of('stream/write').length).toBeGreaterThanOrEqual(8);
  });

  it('gives up waiting on abort, and at the end of the stream', async () => {
    refuse(Number.POSITIVE_INFINITY);
    const stop = new AbortController();
    const aborted = failureOf(stream.write('a', { signal: stop.signal }));
    const waits = failureOf(stream.write('b'));
    await terminal.until(() => terminal.of('stream/write').length === 2);
    stop.abort(new Error('enough'));
    expect(await aborted).toMatchObject({ kind: 'cancelled', cause: new Error('enough') });
    await expect(stream.write('c', { signal: stop.signal })).rejects.toMatchObject({ kind: 'cancelled' });
    const before = terminal.of('stream/write').length;
    await terminal.until(() => terminal.of('stream/write').length > before);
    expect(terminal.of('stream/write').at(-1)).toMatchObject({ data: 'b' });
    await stream.detach();
    expect(await waits).toMatchObject({ kind: 'streamEnded' });
    expect(terminal.typed).toHaveLength(0);
  });

  it('is refused with the error of the daemon, with all that waited behind it', async () => {
    terminal.before = (method) => {
      if (method === 'stream/write') throw fail('streamReadOnly', { stream: 'x_1' });
    };
    const outcomes = await Promise.allSettled([stream.write('a'), stream.write('b')]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { kind: 'streamReadOnly' } });
  });

  it('is never sent twice: what was on its way or waited when the connection was lost is refused', async () => {
    hold();
    const writes = Promise.allSettled([
      stream.write('a'),
      stream.write('b'),
      stream.write('c'.repeat(100_000)),
    ]);
    await terminal.until(() => terminal.of('stream/write').length === 1);
    terminal.drop();
    for (const outcome of await writes) expect(outcome).toMatchObject({ reason: { kind: 'connectionLost' } });
    terminal.before = () => undefined;
    await stream.write('later');
    expect(terminal.of('stream/write').map(({ data }) => data)).toEqual(['a', 'later']);
  });
});

describe('bytes', () => {
  it('are typed as the text they are, a character spread over two calls whole', async () => {
    const bytes = Buffer.from('é€😀');
    for (const byte of bytes) await stream.write(Buffer.of(byte));
    await stream.write('!');
    expect(terminal.typed.toString()).toBe('é€😀!');
  });

  it.each([
    ['junk', [Buffer.from([0xff, 0xfe])]],
    ['half a character followed by text', [Buffer.from([0xc3]), 'x']],
  ])('that are %s are refused on a text stream, and the next ones are not', async (_, writes) => {
    const outcomes = await Promise.allSettled(writes.map((data) => stream.write(data)));
    expect(outcomes.at(-1)).toMatchObject({ reason: { kind: 'invalidParams' } });
    await stream.write(Buffer.from('fine'));
    expect(terminal.typed.toString()).toBe('fine');
  });

  it('of every value are typed as they are on a base64 stream, text among them as UTF-8', async () => {
    await using exact = await new Streams(link).attach({
      who: 'mechanic.1',
      mode: 'talk',
      encoding: 'base64',
    });
    const all = Buffer.from(Array.from({ length: 100_000 }, (_, n) => n % 256));
    const changing = Buffer.from(all);
    const written = exact.write(changing);
    changing.fill(0);
    await Promise.all([written, exact.write('é')]);
    expect(terminal.typed.equals(Buffer.concat([all, Buffer.from('é')]))).toBe(true);
  });
});
