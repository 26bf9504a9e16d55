/** A key as a terminal reports it once a program has asked for unambiguous keys. */
export interface KeyEvent {
  /** Unicode code point of the key without modifiers, or a terminal's own number for a key that types nothing. */
  readonly code: number;
  /** What the key types, where the terminal says so. */
  readonly text: string;
  readonly ctrl: boolean;
  /** Any of Alt, Super, Hyper and Meta. */
  readonly other: boolean;
  readonly released: boolean;
}

const [shift, ctrl, others] = [1, 4, 2 | 8 | 16 | 32];

/** kitty's keyboard protocol: `CSI code:shifted ; modifiers:event ; text u`. */
// eslint-disable-next-line no-control-regex -- escape sequences are the subject
const kitty = /^\u001b\[(\d+)(?::(\d*))?(?::\d*)?(?:;(\d*)(?::(\d+))?)?(?:;(\d+)[\d:]*)?u$/;
/** xterm's modifyOtherKeys: `CSI 27 ; modifiers ; code ~`. */
// eslint-disable-next-line no-control-regex -- escape sequences are the subject
const xterm = /^\u001b\[27;(\d+);(\d+)~$/;

/** The key that a whole escape sequence stands for; undefined where it is none of the unambiguous kind. */
export function readKeyEvent(sequence: string): KeyEvent | undefined {
  const [, code, shifted, modifiers, event, text] = kitty.exec(sequence) ?? [];
  if (code !== undefined) {
    return keyOf({ code: Number(code), modifiers: Number(modifiers || 1), event, typed: text ?? shifted });
  }
  const [, held, number] = xterm.exec(sequence) ?? [];
  if (number === undefined) return undefined;
  return keyOf({ code: Number(number), modifiers: Number(held), event: undefined, typed: undefined });
}

/** Keys such as Shift and Ctrl themselves, which a terminal may report as well. */
export function isModifier({ code }: KeyEvent): boolean {
  return code >= 57_441 && code <= 57_454;
}

interface Reported {
  readonly code: number;
  /** One more than the sum of the bits. */
  readonly modifiers: number;
  readonly event: string | undefined;
  /** Code point of what the key types. */
  readonly typed: string | undefined;
}

function keyOf({ code, modifiers, event, typed }: Reported): KeyEvent {
  const bits = modifiers - 1;
  const shifted = (bits & shift) !== 0 && typed !== undefined && typed !== '';
  return {
    code,
    text: characterOf(shifted ? Number(typed) : code),
    ctrl: (bits & ctrl) !== 0,
    other: (bits & others) !== 0,
    released: event === '3',
  };
}

const characterOf = (code: number): string => (code <= 0x10_ffff ? String.fromCodePoint(code) : '');
