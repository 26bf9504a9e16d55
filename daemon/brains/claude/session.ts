import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from '../../holder/contract.js';
import { asString, parseObject } from '../streamJson/json.js';
import type { Conversation } from '../streamJson/talk/kind.js';
import { configOf } from './transcript.js';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The conversation that a terminal of Claude Code is on: `/clear` begins another, `/resume` goes to one that exists.
 * It is in `sessions/<pid>.json` of its configuration while the program runs.
 */
export function sessionOf({ env }: Conversation, { pid, startTime }: ProcessIdentity): string | undefined {
  const config = configOf(env);
  if (config === undefined) return undefined;
  try {
    const session = parseObject(readFileSync(join(config, 'sessions', `${pid}.json`), 'utf8'));
    const id = asString(session?.['sessionId']);
    // Left by another process that had the same number.
    if (asString(session?.['procStart']) !== startTime) return undefined;
    return id !== undefined && uuid.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
}
