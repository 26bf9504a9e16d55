import type { Event } from '../../protocol/shapes/event.js';

/** Why a process at rest is gone that nobody ended; undefined for all other events. For the log. */
export function lostProcess(event: Event): { readonly clone: string; readonly why: string } | undefined {
  if (event.type !== 'clone.status') return undefined;
  const { clone, reason } = event;
  if (reason === 'limit') return { clone, why: 'it had used more memory than its limit' };
  return reason === 'died' ? { clone, why: 'it ended by itself' } : undefined;
}
