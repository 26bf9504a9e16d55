import fc from 'fast-check';
import { expect, it } from 'vitest';
import { unfinishedBytes } from '../../../../protocol/wire/characters.js';
import type { Viewer } from '../../../../daemon/streams/contract.js';
import { FakeClient, HubStage, turns, type Told } from '../../../support/viewers.js';

const mib = 1024 * 1024;

/** Something that happens: to the program, or to one of the clients. */
type Happening =
  | { readonly type: 'put'; readonly bytes: number }
  | { readonly type: 'cut'; readonly bytes: number }
  | { readonly type: 'resize'; readonly cols: number }
  | { readonly type: 'wait'; readonly turns: number }
  | {
      readonly type: 'draw' | 'ack' | 'take' | 'pace' | 'full' | 'drain' | 'resync' | 'leave';
      readonly who: number;
    }
  | { readonly type: 'ackSome'; readonly who: number; readonly share: number };

interface Kind {
  readonly encoding: 'text' | 'base64';
  readonly lossless: boolean;
}

const who = fc.nat(2);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('put'), bytes: fc.integer({ min: 1, max: 5_000 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('put'), bytes: fc.integer({ min: 1, max: 900_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cut'), bytes: fc.nat(mib) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('resize'), cols: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('wait'), turns: fc.integer({ min: 1, max: 8 }) }) },
  {
    weight: 10,
    arbitrary: fc.record({
      type: fc.constantFrom('draw', 'ack', 'take', 'pace', 'full', 'drain', 'resync', 'leave'),
      who,
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('ackSome'), who, share: fc.nat(100) }) },
);

const kinds: fc.Arbitrary<Kind> = fc.record({
  encoding: fc.constantFrom('text', 'base64'),
  lossless: fc.boolean(),
});

/** Text of characters of one to four bytes and of bytes that are none, of which every place looks different. */
function makeOutput(bytes: number): Buffer {
  const parts: Buffer[] = [];
  for (let length = 0, n = 0; length < bytes; n++) {
    const part = Buffer.from(`${n}é€\u{1f600}`);
    parts.push(n % 7 === 0 ? Buffer.concat([part, Buffer.from([0xff, 0xe2, 0x82])]) : part);
    length += parts.at(-1)?.length ?? 0;
  }
  return Buffer.concat(parts).subarray(0, bytes);
}

const output = makeOutput(24 * mib);

/** One client that comes back where it broke off, and all that its streams have told it. */
class Follower {
  readonly kind: Kind;
  readonly told: Told[] = [];
  client = new FakeClient();
  viewer: Viewer | undefined;
  drawing: (() => void)[] = [];
  /** Where its data goes on. */
  place: number | undefined;

  constructor(kind: Kind) {
    this.kind = kind;
  }

  /** Whether what it was told is the output from where it began, without a byte lost or doubled. */
  check(total: number): void {
    for (const one of this.client.told.splice(0)) {
      this.told.push(one);
      if (one.type === 'resynced') {
        expect(one.reason !== 'slow' || !this.kind.lossless).toBe(true);
        this.place = one.snapshot.offset;
      } else if (one.type === 'data') {
        expect(one.offset).toBe(this.place);
        expect(one.end).toBeGreaterThan(one.offset);
        expect(one.end - one.offset).toBeLessThanOrEqual(64 * 1024);
        const bytes = output.subarray(one.offset, one.end);
        // Compared as a whole: a difference of a long text takes the matcher for ever to print.
        const { encoding } = this.kind;
        expect(one.data === bytes.toString(encoding === 'text' ? 'utf8' : 'base64')).toBe(true);
        if (encoding === 'text' && one.end < total) expect(unfinishedBytes(bytes)).toBe(0);
        this.place = one.end;
      }
    }
  }
}

async function run(wanted: readonly Kind[], happenings: readonly Happening[]): Promise<void> {
  const stage = new HubStage();
  const { held, screen, terminal } = stage;
  let end = 0;
  const followers = wanted.map((one) => new Follower(one));
  const attach = async (follower: Follower): Promise<void> => {
    follower.client = new FakeClient();
    const from = follower.place === undefined ? undefined : { run: held.run, offset: follower.place };
    screen.delay = () => new Promise<void>((resolve) => void follower.drawing.push(resolve));
    const opening = stage.open(follower.client, { ...follower.kind, from });
    for (const draw of follower.drawing.splice(0)) draw();
    follower.viewer = await opening;
    // Only where its place is no longer kept does it get another than it asked for; or, after a screen as of the middle of
    // a character, where that begins.
    if (from && from.offset >= held.kept) {
      const before = output.subarray(Math.max(0, from.offset - 3), from.offset);
      const begun = follower.kind.encoding === 'text' ? unfinishedBytes(before) : 0;
      expect([from.offset, from.offset - begun]).toContain(follower.viewer.offset);
    }
    follower.place = follower.viewer.offset;
    follower.viewer.begin();
  };
  for (const follower of followers) await attach(follower);

  for (const one of happenings) {
    if (one.type === 'put') {
      const bytes = Math.min(one.bytes, output.length - end);
      held.put(output.subarray(end, end + bytes));
      end += bytes;
    } else if (one.type === 'cut') held.kept = Math.max(held.kept, Math.min(end, held.kept + one.bytes));
    else if (one.type === 'resize') terminal.resize({ cols: one.cols, rows: 5 });
    else if (one.type === 'wait') await turns(one.turns);
    else {
      const follower = followers[one.who % followers.length];
      if (!follower?.viewer) continue;
      const { client, viewer } = follower;
      follower.check(end);
      const unread = follower.place ?? 0;
      if (one.type === 'draw') for (const draw of follower.drawing.splice(0)) draw();
      else if (one.type === 'ack') viewer.ack(unread);
      else if (one.type === 'ackSome') viewer.ack(Math.floor((unread * one.share) / 100));
      else if (one.type === 'take') client.take();
      else if (one.type === 'pace') client.quick = !client.quick;
      else if (one.type === 'full') client.full = true;
      else if (one.type === 'drain') client.drain();
      else if (one.type === 'resync') viewer.resync();
      else {
        viewer.dispose();
        follower.check(end);
        await attach(follower);
      }
    }
    for (const follower of followers) follower.check(end);
  }

  // In the end all of them read what is left.
  for (let n = 0; n < 400 && followers.some(({ place }) => (place ?? 0) < end - 3); n++) {
    for (const follower of followers) {
      for (const draw of follower.drawing.splice(0)) draw();
      follower.client.drain();
      follower.client.take();
      follower.check(end);
      follower.viewer?.ack(follower.place ?? 0);
    }
    await turns(2);
  }
  held.exit();
  for (let n = 0; n < 10; n++) {
    for (const follower of followers) {
      for (const draw of follower.drawing.splice(0)) draw();
      follower.client.drain();
      follower.client.take();
    }
    await turns(1);
  }
  for (const follower of followers) {
    follower.check(end);
    expect([follower.place, follower.told.at(-1)?.type]).toEqual([end, 'ended']);
  }
  terminal.dispose();
}

it('every client gets each byte once and in order, whatever happens meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(kinds, { minLength: 1, maxLength: 3 }),
      fc.array(happening, { minLength: 5, maxLength: 60 }),
      run,
    ),
    { numRuns: 150 },
  );
});
