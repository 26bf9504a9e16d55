import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FileLock } from '../../../../daemon/zone/lock.js';
import { watchOwnership } from '../../../../daemon/zone/watch.js';

class Held implements FileLock {
  ours = true;
  touches = 0;

  constructor(readonly path: string) {}

  isOurs(): boolean {
    return this.ours;
  }

  touch(): void {
    this.touches += 1;
  }

  dispose(): void {
    this.ours = false;
  }
}

let socket: Held;
let lock: Held;
let lost: string[];

function watch() {
  return watchOwnership({ socket, locks: [lock], everyMs: 30_000, lost: (reason) => lost.push(reason) });
}

beforeEach(() => {
  vi.useFakeTimers();
  socket = new Held('/z/s');
  lock = new Held('/z/lock');
  lost = [];
});

afterEach(() => {
  vi.useRealTimers();
});

test('says once which of them is lost', () => {
  watch();
  vi.advanceTimersByTime(60_000);
  expect(lost).toEqual([]);
  lock.ours = false;
  vi.advanceTimersByTime(90_000);
  expect(lost).toEqual(['/z/lock was removed or replaced']);
  expect(vi.getTimerCount()).toBe(0);
});

test('watches the socket as well', () => {
  watch();
  socket.ours = false;
  vi.advanceTimersByTime(30_000);
  expect(lost).toEqual(['/z/s was removed or replaced']);
});

test('says nothing after its end', () => {
  watch().dispose();
  socket.ours = false;
  vi.advanceTimersByTime(90_000);
  expect(lost).toEqual([]);
});

test("renews the locks' times about once an hour", () => {
  const watching = watch();
  vi.advanceTimersByTime(3 * 3_600_000 + 60_000);
  expect(lock.touches).toBe(3);
  watching.dispose();
});
