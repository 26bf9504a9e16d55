import { describe, expect, it } from 'vitest';
import { Credit } from '../../../../daemon/streams/credit.js';

const mib = 1024 * 1024;

describe('credit', () => {
  it('is what was sent and not read, up to 1 MiB', () => {
    const credit = new Credit();
    credit.jump(500);
    expect(credit.room).toBe(mib);
    credit.advance(500 + mib);
    expect(credit.room).toBe(0);
    expect(credit.ack(600)).toBe(true);
    expect(credit.room).toBe(100);
    expect(credit.ack(600)).toBe(false);
    expect(credit.ack(599)).toBe(false);
    expect(credit.room).toBe(100);
  });

  it('does not count what was skipped, but what was sent before and is still unread', () => {
    const credit = new Credit();
    credit.jump(0);
    credit.advance(1000);
    credit.ack(200);
    credit.jump(50_000_000);
    expect(credit.room).toBe(mib - 800);
    credit.advance(50_000_100);
    expect(credit.room).toBe(mib - 900);
    credit.ack(700);
    expect(credit.room).toBe(mib - 400);
    // Whoever has read what came after the skip has read what came before.
    credit.ack(50_000_050);
    expect(credit.room).toBe(mib - 50);
  });

  it('takes what was sent before a step back for sent', () => {
    const credit = new Credit();
    credit.jump(0);
    credit.advance(100);
    credit.jump(98);
    expect([credit.sent, credit.furthest]).toEqual([98, 100]);
    expect(credit.ack(100)).toBe(true);
    expect(credit.room).toBe(mib);
    credit.advance(101);
    expect(credit.room).toBe(mib - 1);
  });
});
