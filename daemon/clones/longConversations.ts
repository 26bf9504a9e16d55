import { statSync } from 'node:fs';
import type { Notice } from '../../protocol/shapes/clone.js';
import type { BrainSupplier } from '../brains/contract.js';
import type { CloneRecord } from '../store/cloneTable.js';
import type { Variables } from './environment.js';

/** From this length on a conversation is said to be long: Claude Code reads all of it at each start. */
export const longBytes = 50 * 2 ** 20;

/** How long what was found is taken to be so, in ms: boards ask every second. */
const freshMs = 5_000;

/** Where conversations are found. */
export interface LongConversationsParts {
  readonly suppliers: ReadonlyMap<string, BrainSupplier>;
  readonly environmentOf: (clone: CloneRecord) => Variables;
  /** `longBytes` when left out. */
  readonly fromBytes?: number;
}

/** Says which clones' conversations have grown so long that something should be done about it. */
export class LongConversations {
  readonly #parts: LongConversationsParts;
  readonly #known = new Map<string, { readonly at: number; readonly notices: readonly Notice[] }>();

  constructor(parts: LongConversationsParts) {
    this.#parts = parts;
  }

  /** What there is to say of a clone. */
  noticesOf(clone: CloneRecord): readonly Notice[] {
    if (!clone.begun || clone.retiredAt !== undefined) return [];
    const key = `${clone.name} ${clone.conversation}`;
    const before = this.#known.get(key);
    if (before && performance.now() - before.at < freshMs) return before.notices;
    const bytes = this.#bytesOf(clone);
    const notices = bytes < (this.#parts.fromBytes ?? longBytes) ? [] : [noticeOf(clone.name, bytes)];
    // One for each clone, and not one for each conversation it ever had.
    if (this.#known.size >= 1000) this.#known.clear();
    this.#known.set(key, { at: performance.now(), notices });
    return notices;
  }

  #bytesOf(clone: CloneRecord): number {
    const { conversation, cwd, brain } = clone;
    const env = this.#parts.environmentOf(clone);
    const file = this.#parts.suppliers.get(brain)?.transcript?.({ conversation, cwd, env });
    return file === undefined ? 0 : (statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  }
}

function noticeOf(clone: string, bytes: number): Notice {
  const size = `${Math.floor(bytes / 2 ** 20)} MiB`;
  return {
    kind: 'longConversation',
    message: `Its conversation is ${size} long; its brain reads all of it at each start, which takes time and memory.`,
    hint: `Have it begin another one: \`khlone talk ${clone}\`, then \`/clear\`; or retire it and enroll another.`,
  };
}
