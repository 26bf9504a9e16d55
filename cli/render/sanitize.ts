/**
 * What brains and repositories say reaches a terminal only through here: a raw escape sequence could retitle or
 * repaint the terminal, or show the user something other than what is approved.
 */

// Whole sequences go: CSI, then strings (OSC, DCS, APC, PM, SOS) up to BEL or ST, then two-byte escapes.
const sequences =
  // eslint-disable-next-line no-control-regex -- control characters are the subject
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[\]P_^X][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-Z\\^-~]/g;

// C0 but tab and newline, DEL, C1, and the marks that reorder text (Trojan Source).
// eslint-disable-next-line no-control-regex -- control characters are the subject
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g;

function visible(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}

/** Makes text safe for a terminal: escape sequences go, other control characters but tab and newline become visible. */
export function sanitize(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(sequences, '').replace(controls, visible);
}

/** As `sanitize`, on one line: for cells, titles and messages. */
export function oneLine(text: string): string {
  return sanitize(text)
    .replace(/\s*\n\s*/g, ' ')
    .replaceAll('\t', ' ')
    .trim();
}

/** As `oneLine`, for a message or hint: one whose reason ends in a full stop of its own does not end in two. */
export function sentence(text: string): string {
  return oneLine(text).replace(/([.!?…])\s*\.+$/, '$1');
}

/** Escapes what JSON leaves raw but a terminal may act on: DEL, C1 and the marks that reorder text. */
export function sanitizeJson(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

// What may be the beginning of a sequence, a line end or a character that the next chunk completes.
const unfinished =
  // eslint-disable-next-line no-control-regex -- control characters are the subject
  /(?:\u001b(?:\[[0-?]*[ -/]*|[\]P_^X][^\u0007\u001b\u009c]*\u001b?|[ -/]*)?|\r|[\ud800-\udbff])$/;

/** Longest tail held back for the next chunk; a longer one is no sequence worth waiting for. */
const longestHeld = 256;

/** Sanitizes a text that comes in chunks cut anywhere, sequences and characters included. */
export class ChunkSanitizer {
  #held = '';

  /** The part of the text so far that is safe and complete. */
  push(chunk: string): string {
    const text = this.#held + chunk;
    const tail = unfinished.exec(text)?.[0] ?? '';
    this.#held = tail.length > longestHeld ? '' : tail;
    return sanitize(text.slice(0, text.length - this.#held.length));
  }

  /** What was held back, once nothing more comes. */
  end(): string {
    const rest = sanitize(this.#held);
    this.#held = '';
    return rest;
  }
}
