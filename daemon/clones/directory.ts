import { fail } from '../../protocol/fail.js';
import { parseWho } from './who.js';
import type { CloneRunner } from './runner.js';

/** The clones of the zone, retired ones included, found by name, role or label. */
export class CloneDirectory {
  readonly #runners = new Map<string, CloneRunner>();

  add(runner: CloneRunner): void {
    this.#runners.set(runner.record.name, runner);
  }

  all(): CloneRunner[] {
    return [...this.#runners.values()];
  }

  get(name: string): CloneRunner | undefined {
    return this.#runners.get(name);
  }

  /** The clone in service that has this conversation. */
  inConversation(conversation: string): CloneRunner | undefined {
    return this.all().find(
      ({ record, state }) => state !== 'retired' && record.conversation === conversation,
    );
  }

  /** Clones in service that `who` stands for; a name finds a retired clone too. */
  find(who: string): CloneRunner[] {
    const named = this.#runners.get(who);
    if (named) return [named];
    const matches = parseWho(who);
    return this.all().filter((runner) => runner.state !== 'retired' && matches(runner.record));
  }

  /**
   * Names that a filter stands for.
   * @throws cloneNotFound
   */
  names(who: string | undefined): string[] | undefined {
    if (who === undefined) return undefined;
    const found = this.find(who);
    if (found.length === 0) throw this.#unknown(who);
    return found.map((runner) => runner.record.name);
  }

  /**
   * The one clone that `who` stands for.
   * @throws cloneNotFound, cloneAmbiguous
   */
  one(who: string): CloneRunner {
    const [first, ...others] = this.find(who);
    if (!first) throw this.#unknown(who);
    if (others.length > 0) {
      throw fail('cloneAmbiguous', {
        who,
        candidates: [first, ...others].map((runner) => runner.record.name),
      });
    }
    return first;
  }

  /**
   * The one clone in service that `who` stands for.
   * @throws cloneNotFound, cloneAmbiguous, cloneRetired
   */
  inService(who: string): CloneRunner {
    const runner = this.one(who);
    if (runner.state === 'retired') throw fail('cloneRetired', { clone: runner.record.name });
    return runner;
  }

  /**
   * The clones that may take a task for `who`.
   * @throws cloneNotFound, cloneRetired
   */
  pool(who: string): CloneRunner[] {
    const found = this.find(who);
    if (found.length === 0) throw this.#unknown(who);
    const [only] = found;
    if (found.length === 1 && only?.state === 'retired')
      throw fail('cloneRetired', { clone: only.record.name });
    return found;
  }

  #unknown(who: string): Error {
    const known = this.all().filter((runner) => runner.state !== 'retired');
    return fail('cloneNotFound', { who, known: known.slice(0, 50).map((runner) => runner.record.name) });
  }
}
