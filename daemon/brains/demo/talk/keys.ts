/** A key that does something, by what it does. */
export type Deed =
  | 'enter'
  | 'backspace'
  | 'delete'
  | 'left'
  | 'right'
  | 'home'
  | 'end'
  | 'clear'
  | 'dropWord'
  | 'interrupt'
  | 'leave'
  | 'pageUp'
  | 'pageDown';

/** What was pressed: a key that does something, or text, typed or pasted. */
export type Key = { readonly deed: Deed } | { readonly text: string };

const controls: Readonly<Record<string, Deed>> = {
  '\x01': 'home',
  '\x03': 'interrupt',
  '\x04': 'leave',
  '\x05': 'end',
  '\x08': 'backspace',
  '\x0a': 'enter',
  '\x0d': 'enter',
  '\x15': 'clear',
  '\x17': 'dropWord',
  '\x7f': 'backspace',
};

const sequences: Readonly<Record<string, Deed>> = {
  '[C': 'right',
  OC: 'right',
  '[D': 'left',
  OD: 'left',
  '[H': 'home',
  OH: 'home',
  '[1~': 'home',
  '[F': 'end',
  OF: 'end',
  '[4~': 'end',
  '[3~': 'delete',
  '[5~': 'pageUp',
  '[6~': 'pageDown',
};

const pasteStart = '\x1b[200~';
const pasteEnd = '\x1b[201~';
/* eslint-disable no-control-regex */
const whole = /^\x1b(\[[0-?]*[ -/]*[@-~]|O[ -~])/;
const begun = /^\x1b(?:\[[0-?]*[ -/]*|O)?$/;
const plain = /^[^\x00-\x1f\x7f]+/;
/* eslint-enable no-control-regex */

/** Reads what a terminal sends; a sequence or paste that is cut in two waits for its rest. */
export class Keys {
  #rest = '';

  read(chunk: string): Key[] {
    this.#rest += chunk;
    const keys: Key[] = [];
    while (this.#rest !== '') {
      const taken = this.#take(keys);
      if (taken === 0) break;
      this.#rest = this.#rest.slice(taken);
    }
    return keys;
  }

  /** Adds the first key of what waits, if it is one; how many characters that took. */
  #take(keys: Key[]): number {
    const rest = this.#rest;
    if (rest.startsWith(pasteStart)) {
      const end = rest.indexOf(pasteEnd);
      if (end < 0) return 0;
      keys.push({ text: rest.slice(pasteStart.length, end).replace(/\r\n?/g, '\n') });
      return end + pasteEnd.length;
    }
    if (rest.startsWith('\x1b')) {
      if (begun.test(rest)) return 0;
      const [sequence = '\x1b', name = ''] = whole.exec(rest) ?? [];
      const deed = sequences[name];
      if (deed) keys.push({ deed });
      return sequence.length;
    }
    const [text] = plain.exec(rest) ?? [];
    if (text !== undefined) {
      keys.push({ text });
      return text.length;
    }
    const deed = controls[rest.charAt(0)];
    if (deed) keys.push({ deed });
    return 1;
  }
}
