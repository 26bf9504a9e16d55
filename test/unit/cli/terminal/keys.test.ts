import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PrefixKeys, type KeyAction } from '../../../../cli/terminal/keys.js';
import { parsePrefix } from '../../../../cli/terminal/prefix.js';

const keys = (): PrefixKeys => new PrefixKeys(parsePrefix('C-b'));
const told = (actions: readonly KeyAction[]): string[] =>
  actions.map((action) => (action.kind === 'type' ? action.data.toString('latin1') : `<${action.kind}>`));
/** All at once, and what is typed joined. */
const whole = (...chunks: readonly string[]): string => {
  const machine = keys();
  const actions = chunks.flatMap((chunk) => machine.push(Buffer.from(chunk, 'latin1')));
  return told([...actions, ...machine.flush()]).join('');
};

describe('keys of a talker', () => {
  it.each([
    ['hello\r', 'hello\r'],
    ['\x02d', '<detach>'],
    ['\x02\x04', '<detach>'],
    ['\x02\x1a', '<suspend>'],
    ['\x02?', '<help>'],
    ['\x02\x02', '\x02'],
    ['a\x02\x02b\x02dc', 'a\x02b<detach>c'],
    ['\x02xd', 'd'],
    ['d', 'd'],
  ])('%j', (typed, becomes) => {
    expect(whole(typed)).toBe(becomes);
    expect(whole(...typed.split(''))).toBe(becomes);
  });

  it('are told apart also where a program asked the terminal for unambiguous keys', () => {
    // kitty's protocol, with num lock, with every field, and with releases; then xterm's modifyOtherKeys.
    expect(whole('\x1b[98;5ud')).toBe('<detach>');
    expect(whole('\x1b[98;133u\x1b[100u')).toBe('<detach>');
    expect(whole('\x1b[98:66:98;5:1u\x1b[98;5:3u\x1b[57442;1:3u\x1b[100;1:1;100u')).toBe('<detach>');
    expect(whole('\x1b[98;5u\x1b[47:63;2u')).toBe('<help>');
    expect(whole('\x1b[98;5u\x1b[122;5u')).toBe('<suspend>');
    expect(whole('\x1b[27;5;98~d')).toBe('<detach>');
    expect(whole('\x1b[98;5u\x1b[98;5u')).toBe('\x1b[98;5u');
    // Ctrl and Shift: an ordinary terminal sends the same byte for it.
    expect(whole('\x1b[98;6ud')).toBe('<detach>');
  });

  it('drops a whole sequence after the prefix', () => {
    expect(whole('\x02\x1b[Ad')).toBe('d');
  });

  it('leaves other sequences alone', () => {
    for (const typed of [
      '\x1b[A',
      '\x1b[1;5C',
      '\x1b[98;3u',
      '\x1bOP',
      '\x1b',
      '\x1b\x1b',
      '\x1b[<0;3;4M',
      '\x1b[98u',
    ]) {
      expect(whole(typed)).toBe(typed);
    }
  });

  it('finds no command in a paste', () => {
    const paste = '\x1b[200~one\x02d two\x02\x02\x1b[201~';
    expect(whole(`${paste}\x02d`)).toBe(`${paste}<detach>`);
    expect(whole(`\x02${paste}\x02d`)).toBe(`${paste}<detach>`);
  });

  it('a lone Escape never waits, the beginning of a sequence does until it is let go of', () => {
    const machine = keys();
    expect(told(machine.push(Buffer.from('\x1b')))).toEqual(['\x1b']);
    expect(machine.holds).toBe(false);
    expect(told(machine.push(Buffer.from('x\x1b[98;')))).toEqual(['x']);
    expect(machine.holds).toBe(true);
    expect(told(machine.flush())).toEqual(['\x1b[98;']);
    expect(machine.holds).toBe(false);
  });

  it('mean the same however they are cut, but for a cut right after Escape', () => {
    const piece = fc.constantFrom(
      'a',
      'd',
      '?',
      '\r',
      '\x02',
      '\x1a',
      '\x1b[98;5u',
      '\x1b[A',
      '\x1b[200~',
      '\x1b[201~',
      '\x80\xff',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 20 }),
        fc.array(fc.nat({ max: 80 }), { maxLength: 8 }),
        (pieces, cuts) => {
          const text = pieces.join('');
          const places = [
            0,
            ...cuts.filter((at) => at < text.length && text[at - 1] !== '\x1b').sort((a, b) => a - b),
            text.length,
          ];
          const chunks = places.slice(1).map((end, index) => text.slice(places[index], end));
          expect(whole(...chunks)).toBe(whole(text));
        },
      ),
    );
  });

  it('are exact bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const plain = Buffer.from(bytes.filter((byte) => byte !== 0x02));
        const machine = keys();
        const actions = [...machine.push(plain), ...machine.flush()];
        expect(
          Buffer.concat(actions.map((action) => (action.kind === 'type' ? action.data : Buffer.from('?')))),
        ).toEqual(plain);
      }),
    );
  });
});
