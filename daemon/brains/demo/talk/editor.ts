import type { Deed } from './keys.js';

/** The line that is being typed. */
export class Editor {
  #characters: string[] = [];
  #cursor = 0;

  get text(): string {
    return this.#characters.join('');
  }

  /** How much of the text stands before the cursor, in UTF-16 units. */
  get cursor(): number {
    return this.#characters.slice(0, this.#cursor).join('').length;
  }

  insert(text: string): void {
    const characters = Array.from(text);
    const before = this.#characters.slice(0, this.#cursor);
    this.#characters = before.concat(characters, this.#characters.slice(this.#cursor));
    this.#cursor += characters.length;
  }

  /** Does what a key of editing does; the others do nothing here. */
  edit(deed: Deed): void {
    const at = this.#cursor;
    switch (deed) {
      case 'backspace':
        return this.#drop(at - 1, at);
      case 'delete':
        return this.#drop(at, at + 1);
      case 'clear':
        return this.#drop(0, at);
      case 'dropWord':
        return this.#drop(/\S*\s*$/.exec(this.#characters.slice(0, at).join(''))?.index ?? 0, at);
      case 'left':
        this.#cursor = Math.max(0, at - 1);
        return;
      case 'right':
        this.#cursor = Math.min(this.#characters.length, at + 1);
        return;
      case 'home':
        this.#cursor = 0;
        return;
      case 'end':
        this.#cursor = this.#characters.length;
        return;
      default:
    }
  }

  /** Empties the line; what was in it. */
  take(): string {
    const { text } = this;
    this.#characters = [];
    this.#cursor = 0;
    return text;
  }

  #drop(from: number, to: number): void {
    if (from < 0) return;
    this.#characters.splice(from, to - from);
    this.#cursor = from;
  }
}
