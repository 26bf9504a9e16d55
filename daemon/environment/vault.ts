import { blotOut, type Needle, PiecewiseBlot } from './piecewise.js';
import { needlesOf } from './needles.js';
import { isSecret } from './secrets.js';

/** A clone's variables, parted by whether they may be written down. */
export interface PartedEnvironment {
  readonly plain: Record<string, string>;
  /** Secrets by name. */
  readonly secret: Record<string, string>;
}

/** Parts variables into those that may be stored and those that may not. */
export function part(env: Readonly<Record<string, string>>): PartedEnvironment {
  const parted: PartedEnvironment = { plain: {}, secret: {} };
  for (const [name, value] of Object.entries(env)) {
    (isSecret(name, value) ? parted.secret : parted.plain)[name] = value;
  }
  return parted;
}

/** Holds the secrets of clones, in memory and nowhere else. */
export class Vault {
  readonly #secrets = new Map<string, Map<string, string>>();
  /** Secrets that are looked for only: nobody is given them. */
  readonly #recalled = new Map<string, Readonly<Record<string, string>>>();
  /** What is looked for, worked out once for as long as the secrets stay. */
  readonly #sought = new Map<string, readonly Needle[]>();

  /** Sets secrets of a clone, replacing those of the same name. */
  put(clone: string, secrets: Readonly<Record<string, string>>): void {
    const held = this.#secrets.get(clone) ?? new Map<string, string>();
    for (const [name, value] of Object.entries(secrets)) held.set(name, value);
    this.#secrets.set(clone, held);
    this.#sought.delete(clone);
  }

  /** Has secrets found in what a clone says, which a process of it was started with. They are not the clone's by that. */
  recall(clone: string, secrets: Readonly<Record<string, string>>): void {
    this.#recalled.set(clone, secrets);
    this.#sought.delete(clone);
  }

  get(clone: string): Record<string, string> {
    return Object.fromEntries(this.#secrets.get(clone) ?? []);
  }

  /** Which of the names have no value here. */
  missing(clone: string, names: readonly string[]): string[] {
    const held = this.#secrets.get(clone);
    return names.filter((name) => !held?.has(name));
  }

  forget(clone: string): void {
    this.#secrets.delete(clone);
    this.#recalled.delete(clone);
    this.#sought.delete(clone);
  }

  /** The text with every secret of the clone replaced by its name. */
  redact(clone: string, text: string): string {
    return blotOut(this.#needles(clone), text);
  }

  /** The same for a text that comes in pieces. */
  redactPieces(clone: string): PiecewiseBlot {
    return new PiecewiseBlot(this.#needles(clone));
  }

  #needles(clone: string): readonly Needle[] {
    const known = this.#sought.get(clone);
    if (known) return known;
    const recalled = Object.entries(this.#recalled.get(clone) ?? {});
    const needles = needlesOf([...recalled, ...(this.#secrets.get(clone) ?? [])]);
    this.#sought.set(clone, needles);
    return needles;
  }

  /** The same for every text inside a JSON value. */
  redactAll<T>(clone: string, value: T): T {
    if (typeof value === 'string') return this.redact(clone, value) as T;
    if (Array.isArray(value)) return value.map((item: unknown) => this.redactAll(clone, item)) as T;
    if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value).map(([key, item]) => [
        this.redact(clone, key),
        this.redactAll(clone, item as unknown),
      ]);
      return Object.fromEntries(entries) as T;
    }
    return value;
  }
}
