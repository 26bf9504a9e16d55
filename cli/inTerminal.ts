import type { Clone } from '../client/index.js';

/** Where a clone stands, as it and its events tell. */
export type Standing = Pick<Clone, 'status' | 'posture'>;

/** Whether a turn in a clone's terminal waits for somebody to come there: no approval can answer it. */
export function asksInTerminal({ status, posture }: Standing): boolean {
  return status === 'waiting' && posture === 'talk';
}

/** Whether somebody is at a clone's terminal, or a turn that was typed there is on: tasks wait meanwhile. */
export function inTerminal(clone: Standing): boolean {
  return clone.status === 'talking' || asksInTerminal(clone);
}
