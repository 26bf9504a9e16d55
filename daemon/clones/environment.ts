import { brainVariables } from '../../protocol/brainVariables.js';
import type { PiecewiseBlot } from '../environment/piecewise.js';
import type { Vault } from '../environment/vault.js';
import type { CloneRecord } from '../store/cloneTable.js';

/** Variables by name. */
export type Variables = Readonly<Record<string, string>>;

/** A brain still needs a PATH and a locale where the client sent none. */
const fallback: Variables = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' };

/** What a clone's brain runs with, or the names of what is missing. */
export class CloneEnvironment {
  readonly #vault: Vault;
  readonly #socket: string;

  constructor(vault: Vault, socket: string) {
    this.#vault = vault;
    this.#socket = socket;
  }

  /** Names of the variables the clone needs and nobody has given since the daemon started. */
  missing(clone: CloneRecord): string[] {
    return this.#vault.missing(clone.name, clone.secrets);
  }

  /**
   * Takes from a client what the clone misses, and nothing that it never had: a key that happens to be in
   * somebody's shell must not change whose account a clone works on. Answers whether anything came.
   */
  supply(
    clone: CloneRecord,
    given: { readonly environment: Variables; readonly env?: Variables | undefined },
  ): boolean {
    const missing = this.#vault.missing(clone.name, [...clone.secrets, ...clone.wishes]);
    if (missing.length === 0) return false;
    const offered: Variables = { ...brainVariables(given.environment), ...given.env };
    const found = missing.flatMap((name) =>
      offered[name] === undefined ? [] : [[name, offered[name]] as const],
    );
    if (found.length > 0) this.#vault.put(clone.name, Object.fromEntries(found));
    return found.length > 0;
  }

  /** The whole environment of the clone's brain. */
  of(clone: CloneRecord): Record<string, string> {
    const held = this.#vault.get(clone.name);
    // What was a secret once and is none now has its value in `env`.
    const secrets = [...clone.secrets, ...clone.wishes].flatMap((name) =>
      held[name] === undefined ? [] : [[name, held[name]] as const],
    );
    return {
      ...fallback,
      ...clone.env,
      ...Object.fromEntries(secrets),
      KHLONE_CLONE: clone.name,
      ...(clone.grantSocket && { KHLONE_SOCKET: this.#socket }),
    };
  }

  /**
   * Takes from the variables of a process that an earlier daemon started what must not be told of the clone. It gets
   * them from a client only: a process can change what its variables seem to be.
   */
  recall(clone: CloneRecord, started: Variables): void {
    const names = [...clone.secrets, ...clone.wishes].filter((name) => started[name] !== undefined);
    this.#vault.recall(clone.name, Object.fromEntries(names.map((name) => [name, started[name] ?? ''])));
  }

  redact<T>(clone: string, value: T): T {
    return this.#vault.redactAll(clone, value);
  }

  /** Redacts a text that comes in pieces. */
  redactPieces(clone: string): PiecewiseBlot {
    return this.#vault.redactPieces(clone);
  }
}
