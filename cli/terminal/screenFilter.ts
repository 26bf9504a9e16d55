/**
 * The talker's own terminal shows a clone on its alternate screen. A program in the clone switches screens as well,
 * and would thereby leave ours, or throw away the scrollback above it.
 */

/** What goes on to the terminal of a piece of output. */
export interface Filtered {
  readonly data: Buffer;
  /** Whether the program went to its other screen, or reset its terminal: ours is to be drawn anew. */
  readonly switched: boolean;
}

/** Private modes that change the screen (xterm's ctlseqs): 47 and 1047 only that, 1049 with the cursor. */
const screenModes = new Set(['47', '1047', '1049']);

/** Longest sequence that is looked into; no mode is set by a longer one, and those are dropped. */
const longestHeld = 256;

const [escape, cancel, substitute, deletion] = [0x1b, 0x18, 0x1a, 0x7f];
const [bracket, fullReset, c1Lead, c1Csi] = [0x5b, 0x63, 0xc2, 0x9b];
const eraseAll = '\u001b[2J';

/**
 * Takes the switches of the screen out of a program's output, which comes cut anywhere: `CSI ? … h`, `l`, `s` and `r`
 * for these modes, the full reset (`ESC c`) and the erasure of the scrollback (`CSI 3 J`, `CSI ? 3 J`). All else passes, at once,
 * but for the beginning of a sequence at the end of a piece, which shows nothing by itself.
 */
export class ScreenFilter {
  #state: 'ground' | 'escape' | 'c1' | 'csi' = 'ground';
  /** The bytes of a sequence since its beginning. */
  #held: number[] = [];
  #out: Buffer[] = [];
  #switched = false;
  #alternate = false;

  /** Whether the program uses its alternate screen, as far as it has said so here. */
  get alternate(): boolean {
    return this.#alternate;
  }

  push(chunk: Buffer): Filtered {
    const introducers = new Introducers(chunk);
    let plainFrom = 0;
    for (let at = 0; at < chunk.length; at++) {
      if (this.#state === 'ground') {
        at = introducers.next(at);
        this.#pass(chunk.subarray(plainFrom, at));
        if (at < chunk.length) this.#begin(chunk[at] as number);
      } else this.#sequence(chunk[at] as number);
      plainFrom = at + 1;
    }
    return this.#take();
  }

  /** Forgets a sequence that was begun, and which screen it was: what comes next is a screen drawn anew. */
  reset(): void {
    this.#state = 'ground';
    this.#held = [];
    this.#alternate = false;
  }

  #take(): Filtered {
    const filtered = { data: Buffer.concat(this.#out), switched: this.#switched };
    this.#out = [];
    this.#switched = false;
    return filtered;
  }

  #pass(bytes: Buffer): void {
    if (bytes.length > 0) this.#out.push(bytes);
  }

  #begin(byte: number): void {
    this.#held = [byte];
    this.#state = byte === escape ? 'escape' : 'c1';
  }

  #sequence(byte: number): void {
    if (byte === escape) {
      // Terminals give up what was begun. Passed on, it would be gone on with where the next sequence is left out.
      if (this.#state === 'c1') this.#end();
      this.#begin(byte);
      return;
    }
    switch (this.#state) {
      case 'escape':
        this.#held.push(byte);
        if (byte === bracket) this.#state = 'csi';
        else if (byte === fullReset) this.#reset();
        else this.#end();
        return;
      case 'c1':
        this.#held.push(byte);
        if (byte === c1Csi) this.#state = 'csi';
        else this.#end();
        return;
      case 'csi':
        this.#csi(byte);
        return;
      case 'ground':
    }
  }

  #csi(byte: number): void {
    if (byte === cancel || byte === substitute) {
      this.#held.push(byte);
      this.#end();
    } else if (byte < 0x20 || byte === deletion) {
      // Terminals obey a control character at once, and go on with the sequence.
      this.#pass(Buffer.from([byte]));
    } else {
      if (this.#held.length < longestHeld) this.#held.push(byte);
      if (byte >= 0x40 && byte <= 0x7e) this.#finish(byte);
      // A sequence has no bytes beyond ASCII: terminals give it up.
      else if (byte >= 0x80) this.#end();
    }
  }

  /** Passes on what is held as it is. */
  #end(): void {
    this.#pass(Buffer.from(this.#held));
    this.#held = [];
    this.#state = 'ground';
  }

  #reset(): void {
    this.#held = [];
    this.#state = 'ground';
    this.#alternate = false;
    this.#switched = true;
  }

  #finish(final: number): void {
    if (this.#held.length >= longestHeld) this.#held = [];
    const text = Buffer.from(this.#held).toString('latin1');
    // eslint-disable-next-line no-control-regex -- escape sequences are the subject
    const [, parameters] = /^(?:\u001b\[|\u00c2\u009b)([0-9:;?]*)[hlsrJ]$/.exec(text) ?? [];
    const kind = String.fromCharCode(final);
    if (kind === 'J' && /^\??0*3$/.test(parameters ?? '')) this.#held = [];
    else if (kind !== 'J' && parameters?.startsWith('?') === true) this.#modes(parameters.slice(1), kind);
    this.#end();
  }

  /** Leaves the modes that change the screen out of the sequence that is held. */
  #modes(parameters: string, kind: string): void {
    const modes = parameters.split(';');
    const kept = modes.filter((mode) => !screenModes.has(mode.replace(/^0+/, '')));
    if (kept.length === modes.length) return;
    this.#held = kept.length === 0 ? [] : [...Buffer.from(`\u001b[?${kept.join(';')}${kind}`, 'latin1')];
    // Saving them changes nothing as long as restoring them is left out, too.
    if (kind === 's') return;
    this.#switched = true;
    if (kind !== 'r') this.#alternate = kind === 'h';
    if (kind === 'h') this.#pass(Buffer.from(eraseAll));
  }
}

/** Where sequences may begin: at an escape, or the first byte of U+009B, which some terminals take for one. */
class Introducers {
  readonly #chunk: Buffer;
  #escape = -1;
  #c1 = -1;

  constructor(chunk: Buffer) {
    this.#chunk = chunk;
  }

  /** The next place from here, or the end. Each byte is searched once, however many sequences there are. */
  next(from: number): number {
    if (this.#escape < from) this.#escape = this.#find(escape, from);
    if (this.#c1 < from) this.#c1 = this.#find(c1Lead, from);
    return Math.min(this.#escape, this.#c1);
  }

  #find(byte: number, from: number): number {
    const at = this.#chunk.indexOf(byte, from);
    return at < 0 ? this.#chunk.length : at;
  }
}
