import { join } from 'node:path';
import type { ProcessIdentity } from '../../holder/contract.js';
import { asString, parseObject } from '../streamJson/json.js';
import { headOf } from '../streamJson/talk/files.js';
import type { Conversation } from '../streamJson/talk/kind.js';
import { configOf } from './transcript.js';

/** Bytes of such a file that are looked at, every second while a terminal is open; one has about 400. */
const longestSession = 64 * 1024;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The conversation that a terminal of Claude Code is on: `/clear` begins another, `/resume` goes to one that exists.
 * It is in `sessions/<pid>.json` of its configuration while the program runs.
 */
export function sessionOf({ env }: Conversation, { pid, startTime }: ProcessIdentity): string | undefined {
  const config = configOf(env);
  if (config === undefined) return undefined;
  const text = headOf(join(config, 'sessions', `${pid}.json`), longestSession)?.toString('utf8');
  const session = text === undefined ? undefined : parseObject(text);
  const id = asString(session?.['sessionId']);
  // Left by another process that had the same number.
  if (asString(session?.['procStart']) !== startTime) return undefined;
  return id !== undefined && uuid.test(id) ? id : undefined;
}
