import { isModifier, readKeyEvent } from './keyEvent.js';
import type { PrefixKey } from './prefix.js';

/** What comes of keys: something to type, or a word to khlone itself. */
export type KeyAction =
  { readonly kind: 'type'; readonly data: Buffer } | { readonly kind: 'detach' | 'suspend' | 'help' };

/** What the keys after the prefix do, by the character they are. */
const commands: Readonly<Record<string, 'detach' | 'suspend' | 'help'>> = {
  d: 'detach',
  '\u0004': 'detach',
  '\u001a': 'suspend',
  '?': 'help',
};

const pasteBegin = '\u001b[200~';
const pasteEnd = '\u001b[201~';

// eslint-disable-next-line no-control-regex -- escape sequences are the subject
const wholeSequence = /\u001b\[[0-?]*[ -/]*[@-~]/y;
// A lone Escape is a key of its own and never waits.
// eslint-disable-next-line no-control-regex -- escape sequences are the subject
const begunSequence = /^\u001b\[[0-?]*[ -/]*$/;
/** Longest beginning of a sequence that waits for its rest; what a terminal sends for a key is shorter. */
const longestBegun = 64;

type Token = { readonly state: 'whole'; readonly text: string } | { readonly state: 'begun' };

/**
 * Finds the prefix key in what a terminal sends. A prefix typed twice is typed once; after one, a key that is no
 * command is dropped. Nothing within a paste is a command.
 */
export class PrefixKeys {
  readonly #prefix: PrefixKey;
  #state: 'typing' | 'pasting' | 'prefixed' = 'typing';
  #held = '';

  constructor(prefix: PrefixKey) {
    this.#prefix = prefix;
  }

  /** Whether the beginning of a sequence waits for its rest; `flush` it where nothing comes for a moment. */
  get holds(): boolean {
    return this.#held !== '';
  }

  /** Takes what the terminal sent, cut anywhere. */
  push(chunk: Buffer): KeyAction[] {
    const text = this.#held + chunk.toString('latin1');
    this.#held = '';
    return this.#work(text, true);
  }

  /** Lets go of what waits. */
  flush(): KeyAction[] {
    const text = this.#held;
    this.#held = '';
    return this.#work(text, false);
  }

  #work(text: string, more: boolean): KeyAction[] {
    const actions: KeyAction[] = [];
    let typed = '';
    const settle = (): void => {
      if (typed !== '') actions.push({ kind: 'type', data: Buffer.from(typed, 'latin1') });
      typed = '';
    };
    for (let at = 0; at < text.length;) {
      const token = tokenAt(text, at, more);
      if (token.state === 'begun') {
        this.#held = text.slice(at);
        break;
      }
      at += token.text.length;
      const outcome = this.#take(token.text);
      if (outcome === 'type') typed += token.text;
      else if (outcome !== 'nothing') {
        settle();
        actions.push({ kind: outcome });
      }
    }
    settle();
    return actions;
  }

  #take(token: string): 'type' | 'nothing' | 'detach' | 'suspend' | 'help' {
    switch (this.#state) {
      case 'pasting':
        if (token === pasteEnd) this.#state = 'typing';
        return 'type';
      case 'typing':
        if (token === pasteBegin) this.#state = 'pasting';
        if (!this.#isPrefix(token)) return 'type';
        this.#state = 'prefixed';
        return 'nothing';
      case 'prefixed':
        return this.#command(token);
    }
  }

  #command(token: string): 'type' | 'nothing' | 'detach' | 'suspend' | 'help' {
    const key = readKeyEvent(token);
    if (key?.released === true || (key !== undefined && isModifier(key))) return 'nothing';
    this.#state = 'typing';
    if (token === pasteBegin) {
      this.#state = 'pasting';
      return 'type';
    }
    if (this.#isPrefix(token)) return 'type';
    if (key === undefined) return commands[token] ?? 'nothing';
    if (key.other) return 'nothing';
    const character = key.ctrl ? String.fromCharCode(key.text.toUpperCase().charCodeAt(0) & 0x1f) : key.text;
    return commands[character] ?? 'nothing';
  }

  #isPrefix(token: string): boolean {
    if (token.length === 1) return token.charCodeAt(0) === this.#prefix.byte;
    const key = readKeyEvent(token);
    if (key === undefined || key.released || !key.ctrl || key.other) return false;
    return String.fromCodePoint(key.code) === this.#prefix.character;
  }
}

function tokenAt(text: string, at: number, more: boolean): Token {
  if (text[at] !== '\u001b') return { state: 'whole', text: text.charAt(at) };
  wholeSequence.lastIndex = at;
  const [sequence] = wholeSequence.exec(text) ?? [];
  if (sequence !== undefined) return { state: 'whole', text: sequence };
  const rest = text.length - at;
  const begun = more && rest > 1 && rest <= longestBegun && begunSequence.test(text.slice(at));
  return begun ? { state: 'begun' } : { state: 'whole', text: '\u001b' };
}
