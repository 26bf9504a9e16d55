import type { KhloneError } from '../../protocol/error.js';
import { fail } from '../../protocol/fail.js';
import { parseBody } from '../../protocol/wire/body.js';

/** The id of a request as the client wrote it. */
export type WireId = string | number;

/** What one frame turned out to be. */
export type Envelope =
  | {
      readonly type: 'request';
      readonly id: WireId;
      readonly method: string;
      readonly params: object | undefined;
    }
  | { readonly type: 'notification'; readonly method: string; readonly params: object | undefined }
  | { readonly type: 'cancel'; readonly id: WireId }
  | { readonly type: 'response' }
  | { readonly type: 'bad'; readonly id: WireId | null; readonly error: KhloneError };

/** Limits that decide whether an envelope is good. */
export interface EnvelopeLimits {
  readonly depth: number;
  readonly nameLength: number;
}

type Members = Readonly<Record<string, unknown>>;

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readId(value: unknown, limits: EnvelopeLimits): WireId | undefined {
  if (typeof value === 'string') return value.length <= limits.nameLength ? value : undefined;
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

const bad = (reason: string, id: WireId | null = null): Envelope => ({
  type: 'bad',
  id,
  error: fail('invalidRequest', { reason }),
});

/** Judges one body: the only place that decides what is a message. Never throws. */
export function readEnvelope(body: Buffer, limits: EnvelopeLimits): Envelope {
  const parsed = parseBody(body, limits.depth);
  if (!parsed.ok) return { type: 'bad', id: null, error: fail('parseError', { reason: parsed.reason }) };
  const message = parsed.value;
  if (Array.isArray(message)) return bad('it is a batch');
  if (!isMembers(message)) return bad('it is not an object');
  const id = readId(message['id'], limits);
  if (message['jsonrpc'] !== '2.0') return bad('jsonrpc is not "2.0"', id);
  if ('method' in message) return readCall(message, id, limits);
  if ('result' in message || 'error' in message) return { type: 'response' };
  return bad('it has no method', id);
}

function readCall(message: Members, id: WireId | undefined, limits: EnvelopeLimits): Envelope {
  const { method, params } = message;
  if (typeof method !== 'string' || method === '' || method.length > limits.nameLength) {
    return bad(`method is not a string of 1 to ${limits.nameLength} characters`, id);
  }
  if ('id' in message && id === undefined) {
    return bad(`id is neither an integer nor a string of at most ${limits.nameLength} characters`);
  }
  if (params !== undefined && !isMembers(params)) {
    const issues = [{ path: '', message: 'params must be an object; they are passed by name' }];
    const error = fail('invalidParams', { summary: 'params must be an object', issues });
    return { type: 'bad', id: id ?? null, error };
  }
  if (id !== undefined) return { type: 'request', id, method, params };
  if (method !== '$/cancelRequest') return { type: 'notification', method, params };
  const target = readId(params?.['id'], limits);
  return target === undefined ? bad('$/cancelRequest names no id') : { type: 'cancel', id: target };
}
