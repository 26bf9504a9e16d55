import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { slots } from '../../../../../daemon/streams/screen/messages.js';
import { ThreadScreen } from '../../../../../daemon/streams/screen/threadScreen.js';

const mib = 1024 * 1024;

let end: number;
let woken: string[];
let screen: ThreadScreen;

beforeEach(() => {
  vi.useFakeTimers();
  [end, woken] = [0, []];
  const thread = {
    alive: true,
    send: () => undefined,
    request: () => new Promise<never>(() => undefined),
    wake: (_: ThreadScreen, when: string) => void woken.push(when),
    close: () => undefined,
  };
  const source = {
    start: 0,
    get end() {
      return end;
    },
    read: (offset: number, max: number) => Buffer.alloc(Math.min(max, end - offset), 'x'),
  };
  screen = new ThreadScreen({ id: 1, thread }, source, { size: { cols: 80, rows: 24 }, offset: 0 });
  woken = [];
});
afterEach(() => {
  screen.dispose();
  vi.useRealTimers();
});

/** Output comes for so long, in pieces of 64 KiB each ms. */
function flood(ms: number): void {
  for (let many = 0; many < ms; many++) {
    end += slots.bytes;
    screen.advance();
    vi.advanceTimersByTime(1);
  }
}

describe('a screen in a flood', () => {
  it('keeps up with what comes no faster than it can be read', () => {
    for (let many = 0; many < 100; many++) {
      flood(1);
      screen.next(new Uint8Array(slots.bytes));
    }
    expect(new Set(woken)).toEqual(new Set(['now']));
    expect(screen.unread).toBe(0);
  });

  it('is left alone, but for a piece now and then, until the flood is over', () => {
    flood(60);
    expect(screen.unread).toBeGreaterThan(3 * mib);
    expect(woken.at(-1)).toBe('late');
    expect(screen.hastens).toBe(false);
    vi.advanceTimersByTime(50);
    expect(woken.at(-1)).toBe('now');
    expect(screen.hastens).toBe(true);
  });

  it('goes on at once when somebody asks', () => {
    flood(60);
    screen.text({ scrollback: 0, ansi: false }).catch(() => undefined);
    expect(woken.at(-1)).toBe('now');
    expect(screen.hastens).toBe(true);
  });
});
