import { describe, expect, it } from 'vitest';
import { readHistory } from '../../../../daemon/services/history.js';
import type { SpoolMark } from '../../../../daemon/holder/contract.js';
import { FakeHeldTerminal } from '../../../support/heldTerminal.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const at = (ms: number): string => new Date(ms).toISOString();

/** A terminal whose output has times. */
class TimedTerminal extends FakeHeldTerminal {
  readonly #marks: SpoolMark[] = [];

  constructor() {
    super({ cols: 80, rows: 24 });
    this.#marks.push({ type: 'resize', at: 1000, offset: 0, size: this.size });
    const marksOf = this.#marks;
    Object.assign(this.spool, {
      marks(offset: number, end: number): SpoolMark[] {
        const sizes = marksOf.filter((mark) => mark.type === 'resize' && mark.offset <= offset);
        const times = marksOf.filter((mark) => mark.type === 'output' && mark.offset <= offset);
        const inside = marksOf.filter((mark) => mark.offset > offset && mark.offset <= end);
        const before = [sizes.at(-1), offset < end ? times.at(-1) : undefined];
        return [...before.flatMap((mark) => (mark ? [{ ...mark, offset }] : [])), ...inside];
      },
    });
  }

  say(time: number, text: string): void {
    this.#marks.push({ type: 'output', at: time, offset: this.output.length });
    this.put(text);
  }

  become(time: number, cols: number): void {
    this.#marks.push({ type: 'resize', at: time, offset: this.output.length, size: { cols, rows: 24 } });
  }
}

describe('the history of a terminal', () => {
  it('is what it showed with its times and sizes, in order', () => {
    const held = new TimedTerminal();
    held.say(2000, 'one');
    held.say(3000, 'two');
    held.become(3500, 90);
    held.say(4000, 'three');
    expect(readHistory(held.spool, undefined)).toEqual({
      entries: [
        { type: 'resize', at: at(1000), offset: 0, cols: 80, rows: 24 },
        { type: 'output', at: at(2000), offset: 0, data: base64('one') },
        { type: 'output', at: at(3000), offset: 3, data: base64('two') },
        { type: 'resize', at: at(3500), offset: 6, cols: 90, rows: 24 },
        { type: 'output', at: at(4000), offset: 6, data: base64('three') },
      ],
      next: 11,
      more: false,
    });
  });

  it('goes on where a page ended, without telling the size anew', () => {
    const held = new TimedTerminal();
    held.say(2000, 'one');
    expect(readHistory(held.spool, 3)).toEqual({ entries: [], next: 3, more: false });
    held.say(3000, 'two');
    held.become(3500, 90);
    expect(readHistory(held.spool, 3).entries).toEqual([
      { type: 'output', at: at(3000), offset: 3, data: base64('two') },
    ]);
    held.say(4000, 'three');
    expect(readHistory(held.spool, 6).entries).toEqual([
      { type: 'resize', at: at(3500), offset: 6, cols: 90, rows: 24 },
      { type: 'output', at: at(4000), offset: 6, data: base64('three') },
    ]);
  });

  it('begins in the middle of a piece where the rest is no longer kept', () => {
    const held = new TimedTerminal();
    held.say(2000, 'one two');
    held.kept = 4;
    const { entries, next } = readHistory(held.spool, 0);
    expect(next).toBe(7);
    expect(entries).toEqual([
      { type: 'resize', at: at(1000), offset: 4, cols: 80, rows: 24 },
      { type: 'output', at: at(2000), offset: 4, data: base64('two') },
    ]);
  });

  it('comes in pages that fit a message, whole together', () => {
    const held = new TimedTerminal();
    for (let n = 0; n < 5000; n++) held.say(2000 + n, String.fromCodePoint(97 + (n % 26)));
    held.say(9000, 'long'.repeat(300_000));
    let told = Buffer.alloc(0);
    let pages = 0;
    for (let from: number | undefined, more = true; more; pages++) {
      const page = readHistory(held.spool, from);
      expect(JSON.stringify(page).length).toBeLessThan(2_000_000);
      expect(page.next).toBeGreaterThan(from ?? -1);
      const output = page.entries.flatMap((one) => (one.type === 'output' ? [one] : []));
      expect(output[0]?.offset).toBe(told.length);
      told = Buffer.concat([told, ...output.map(({ data }) => Buffer.from(data, 'base64'))]);
      ({ next: from, more } = page);
    }
    expect(told.equals(held.output)).toBe(true);
    expect(pages).toBeGreaterThan(3);
  });

  it('is empty past its end', () => {
    const held = new TimedTerminal();
    held.say(2000, 'one');
    expect(readHistory(held.spool, 100)).toEqual({ entries: [], next: 3, more: false });
  });
});
