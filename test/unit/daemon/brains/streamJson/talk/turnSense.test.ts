import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TurnSense } from '../../../../../../daemon/brains/streamJson/talk/turnSense.js';

const signs = { turnOn: false, toolOn: false };
let told: boolean[];
let asks: boolean[];
let refresh: () => Promise<void>;
let sense: TurnSense;

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(signs, { turnOn: false, toolOn: false });
  told = [];
  asks = [];
  refresh = async () => undefined;
  sense = new TurnSense({
    signs: () => signs,
    refresh: () => refresh(),
    turned: (on) => told.push(on),
    asks: (on) => asks.push(on),
  });
});
afterEach(() => {
  sense.dispose();
  vi.useRealTimers();
});

describe('a turn in a terminal', () => {
  it('is on while the title turns, and over some time after it rests', async () => {
    sense.title('✳ Claude Code');
    expect(told).toEqual([]);
    sense.title('⠂ Claude Code');
    sense.title('⠐ Claude Code');
    expect(told).toEqual([true]);
    sense.title('✳ Claude Code');
    await vi.advanceTimersByTimeAsync(399);
    expect(told).toEqual([true]);
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual([true, false]);
  });

  it('goes on where the title rests for a moment only', async () => {
    sense.title('⠂ x');
    sense.title('✳ x');
    await vi.advanceTimersByTimeAsync(300);
    sense.title('⠐ x');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told).toEqual([true]);
  });

  it('goes on while a human is asked, as the transcript tells a little later', async () => {
    let asked = true;
    refresh = async () => {
      signs.toolOn = asked;
    };
    sense.title('⠂ x');
    sense.title('✳ x');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toEqual([true]);
    asked = false;
    signs.toolOn = false;
    sense.look();
    await vi.advanceTimersByTimeAsync(400);
    expect(told).toEqual([true, false]);
  });

  it('is over where the title rests, though the transcript has no mark of its end', async () => {
    signs.turnOn = true;
    sense.title('⠂ x');
    sense.title('✳ x');
    await vi.advanceTimersByTimeAsync(400);
    expect(told).toEqual([true, false]);
  });

  it('is what the transcript tells where the title says nothing', async () => {
    sense.title('my own title');
    signs.turnOn = true;
    sense.look();
    expect(told).toEqual([true]);
    signs.turnOn = false;
    sense.look();
    await vi.advanceTimersByTimeAsync(400);
    expect(told).toEqual([true, false]);
  });

  it('waits for a human where a tool is called and the title rests for a while', async () => {
    sense.title('⠂ x');
    signs.toolOn = true;
    sense.look();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asks).toEqual([]);
    sense.title('✳ x');
    await vi.advanceTimersByTimeAsync(999);
    sense.title('⠐ x');
    sense.title('✳ x');
    await vi.advanceTimersByTimeAsync(999);
    expect(asks).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(asks).toEqual([true]);
    sense.title('⠂ x');
    expect([told, asks]).toEqual([[true], [true, false]]);
  });

  it('waits for nobody once the program has ended', async () => {
    signs.toolOn = true;
    sense.title('✳ x');
    await vi.advanceTimersByTimeAsync(1000);
    sense.dispose();
    expect([told, asks]).toEqual([
      [true, false],
      [true, false],
    ]);
  });

  it('is over with the program', () => {
    sense.title('⠂ x');
    sense.dispose();
    sense.title('⠐ x');
    expect(told).toEqual([true, false]);
  });
});
