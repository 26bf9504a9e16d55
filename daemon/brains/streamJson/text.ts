import { needlesOf } from '../../environment/needles.js';
import { blotOut } from '../../environment/piecewise.js';
import { part } from '../../environment/vault.js';
import type { BrainEnvironment } from '../contract.js';

/** UTF-16 units of one text that an event may carry; a tool can print far more than anybody reads. */
const textLimit = 256 * 1024;

/** Shortens a text from its middle, and says by how much: the start and the end are what gets read. */
export function capText(text: string, limit: number = textLimit): string {
  if (text.length <= limit) return text;
  const head = text.slice(0, Math.floor(limit * 0.75));
  const tail = text.slice(text.length - Math.floor(limit * 0.25));
  return `${head}\n[… ${text.length - head.length - tail.length} characters left out …]\n${tail}`;
}

/** Shortens every text within a value; the shape stays. */
export function capValue(value: unknown, limit: number = textLimit): unknown {
  if (typeof value === 'string') return capText(value, limit);
  if (Array.isArray(value)) return value.map((item) => capValue(item, limit));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, capValue(item, limit)]));
  }
  return value;
}

/** Makes a function that replaces the secrets of an environment by their names wherever a brain repeats them. */
export function redactor(env: BrainEnvironment): (text: string) => string {
  const needles = needlesOf(Object.entries(part(env).secret));
  return (text) => blotOut(needles, text);
}

/** The last part of what a process printed on stderr, bounded in bytes. */
export class Tail {
  readonly #limit: number;
  #kept: Buffer = Buffer.alloc(0);

  constructor(limit: number = 4096) {
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    const joined = Buffer.concat([this.#kept, chunk.subarray(-this.#limit)]);
    this.#kept = Buffer.from(joined.subarray(-this.#limit));
  }

  text(): string {
    return this.#kept.toString('utf8').trim();
  }
}
