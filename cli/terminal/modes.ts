/** Modes that a program may have set on the terminal, all off as in a fresh one. What a terminal does not know it ignores. */
const allModesOff = [
  // Mouse reports (X10, 1000 to 1003) and their encodings; focus reports; bracketed paste.
  '\u001b[?9;1000;1001;1002;1003;1005;1006;1015;1016l',
  '\u001b[?1004l\u001b[?2004l',
  // Reports of the colour scheme, and of the size.
  '\u001b[?2031l\u001b[?2048l',
  // Application cursor keys and keypad.
  '\u001b[?1l\u001b>',
  // Keys told apart: kitty's stack of this screen, then xterm's modifyOtherKeys.
  '\u001b[<8u\u001b[=0u\u001b[>4m',
  // Margins, origin, insertion, reverse video; wrapping is on.
  '\u001b[?69l\u001b[r\u001b[?6l\u001b[4l\u001b[20l\u001b[?5l\u001b[?7h',
  // Character set, link, colours, cursor.
  '\u001b(B\u000f\u001b]8;;\u001b\\\u001b[0m\u001b[0 q\u001b[?25h',
].join('');

/** Where a terminal that knows how shows nothing until the end, so that a screen drawn anew does not flicker. */
const holdPicture = '\u001b[?2026h';
const showPicture = '\u001b[?2026l';

/** Keeps the title and goes to the alternate screen, cleared. */
export const enterScreen = '\u001b[22;0t\u001b[?1049h\u001b[2J\u001b[H';

/** As if nothing had been: all modes off, the screen and the title of before. */
export const leaveScreen = `${showPicture}${allModesOff}\u001b[?1049l\u001b[23;0t`;

/** Draws a screen from nothing, for a terminal that may show anything. */
export function redraw(drawing: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`${holdPicture}${allModesOff}\u001b[2J\u001b[H`),
    drawing,
    Buffer.from(showPicture),
  ]);
}

/** Begins a stretch that `redraw` ends: what comes meanwhile is not seen. */
export const untilRedraw = holdPicture;
