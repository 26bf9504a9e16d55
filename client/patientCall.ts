import { setTimeout as sleep } from 'node:timers/promises';
import { isKhloneError } from '../protocol/fail.js';
import type { CallOptions } from './caller.js';

/** Calls that only wait for something: made again, they mean the same. */
const waiting: ReadonlySet<string> = new Set(['task/wait']);

/** How long no daemon may be reached before such a call fails after all, in ms. */
const unreachedMs = 60_000;
const firstPauseMs = 50;
const longestPauseMs = 1_000;

/** Whether a call that was lost with its daemon may be made again to the next one. */
export function isPatient(method: string): boolean {
  return waiting.has(method);
}

/**
 * Makes a call that only waits, and makes it again where it was lost with the daemon: the next one goes on with what is
 * waited for. Rejects as the call does, once no daemon is reached for a minute.
 */
export async function callPatiently(
  call: (params: unknown) => Promise<unknown>,
  params: unknown,
  { signal }: CallOptions,
): Promise<unknown> {
  const begunAt = performance.now();
  let pauseMs = firstPauseMs;
  let lostAt: number | undefined;
  for (;;) {
    const sentAt = performance.now();
    try {
      return await call(remaining(params, sentAt - begunAt));
    } catch (error) {
      const now = performance.now();
      const lost = isKhloneError(error, 'connectionLost') || isKhloneError(error, 'shuttingDown');
      if (lost && now - sentAt > longestPauseMs) pauseMs = firstPauseMs;
      // One that was asked and died has been reached.
      lostAt = isKhloneError(error, 'connectionLost') ? now : (lostAt ?? now);
      const again = lost || isKhloneError(error, 'daemonUnreachable');
      if (!again || signal?.aborted === true || now - lostAt > unreachedMs) throw error;
    }
    await sleep(pauseMs, undefined, signal && { signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/** The same call with the time that is left of its own. */
function remaining(params: unknown, passedMs: number): unknown {
  const { timeoutMs } = (params ?? {}) as { readonly timeoutMs?: unknown };
  if (typeof timeoutMs !== 'number') return params;
  return { ...(params as object), timeoutMs: Math.max(1, Math.round(timeoutMs - passedMs)) };
}
