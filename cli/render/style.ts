/** How text may be marked; each function returns its text unchanged where there is no colour. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly blue: Paint;
  readonly cyan: Paint;
  readonly magenta: Paint;
  readonly symbols: Symbols;
}

/** Marks text. */
export type Paint = (text: string) => string;

/** Signs of the transcript and the tables, each one column wide. */
export interface Symbols {
  readonly done: string;
  readonly failed: string;
  readonly stopped: string;
  readonly started: string;
  readonly bullet: string;
  readonly dot: string;
  readonly ellipsis: string;
  readonly bar: string;
}

const unicodeSymbols: Symbols = {
  done: '✓',
  failed: '✗',
  stopped: '◼',
  started: '▸',
  bullet: '•',
  dot: '·',
  ellipsis: '…',
  bar: '│',
};

const asciiSymbols: Symbols = {
  done: '+',
  failed: 'x',
  stopped: '#',
  started: '>',
  bullet: '*',
  dot: '-',
  ellipsis: '~',
  bar: '|',
};

const unpainted: Paint = (text) => text;

// The end code of bold and dim is one, so a nested pair would end both: paints are never nested here.
const sgr =
  (start: number, end: number): Paint =>
  (text) =>
    text === '' ? '' : `\u001b[${start}m${text}\u001b[${end}m`;

/** What a stream can show. */
export interface Abilities {
  readonly colour: boolean;
  readonly unicode: boolean;
}

/** The style for a stream of these abilities. */
export function createStyle({ colour, unicode }: Abilities): Style {
  const paint = (start: number, end: number): Paint => (colour ? sgr(start, end) : unpainted);
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    blue: paint(34, 39),
    cyan: paint(36, 39),
    magenta: paint(35, 39),
    symbols: unicode ? unicodeSymbols : asciiSymbols,
  };
}
