import type { AskSandbox } from '../../protocol/shapes/zone.js';
import type { Store } from '../store/store.js';

const key = 'ask.sandbox';

/** The settings of the zone: kept in its state, never in the repository, where a brain could write them. */
export class ZoneSettings {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Whether an ask may run where there is no sandbox. */
  get askSandbox(): AskSandbox {
    return this.#store.value(key) === 'require' ? 'require' : 'prefer';
  }

  /** @throws storageFailed */
  setAskSandbox(value: AskSandbox): void {
    this.#store.transact(() => this.#store.keep(key, value));
  }
}
