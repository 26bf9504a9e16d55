import type { Terminal } from '@xterm/headless';
import { Bg, Colour, type Core, type ScreenBuffer } from './core.js';
import type { Modes } from './modes.js';
import { Painter } from './paint.js';
import { plain, sameStyle } from './style.js';

/** ASCII as G0, and G0 in use. */
const ordinaryCharset = '\u001b(B\u000f';

/**
 * Most characters that draw cells; in a message they take no more than three bytes each, which is what may wait for
 * a client beyond the mark of pressure. A screen that takes more, some hundred columns and rows of which no two cells
 * look the same, is drawn as far as that.
 */
const longestDrawing = 2_400_000;

/** A terminal that a snapshot is taken of. */
interface Subject {
  readonly terminal: Terminal;
  readonly core: Core;
  readonly modes: Modes;
}

/**
 * Writes what makes a cleared terminal of the same size the same: its cells, with as many of the lines above the
 * screen as are asked for and fit a message, then its modes, the cursor last.
 */
export function drawSnapshot(subject: Subject, scrollback: number): string {
  for (let lines = scrollback; ; lines = Math.floor(lines / 2)) {
    const drawing = draw(subject, lines);
    if (drawing !== undefined) return drawing;
  }
}

/** Undefined where so many lines above the screen are too much. */
function draw(subject: Subject, scrollback: number): string | undefined {
  const { core, modes } = subject;
  const { normal, alt, active } = core.buffers;
  const painter = new Painter(subject.terminal, core);
  const range = { start: Math.max(0, normal.ybase - scrollback), end: normal.ybase + core.rows };
  const most = active === alt ? longestDrawing / 2 : longestDrawing;
  if (!painter.flow(normal, range, most) && scrollback > 0) return undefined;
  painter.put(modes.colours());
  setTabs(painter, core, normal);
  setMargins(painter, core, normal);
  if (active === alt) {
    saveCursor(painter, subject, normal);
    painter.put(modes.keyboard('normal'));
    // The saved place is where leaving the alternate screen goes back to, and entering it saves it again.
    painter.put(`\u001b[?1049h${ownsMargins(core, normal) ? '\u001b[r' : ''}`);
    painter.style(plain);
    painter.put(`${ordinaryCharset}\u001b[m\u001b[2J\u001b[H`);
    painter.place(alt, { start: 0, end: core.rows }, longestDrawing);
    setTabs(painter, core, alt);
    setMargins(painter, core, alt);
  }
  if (hasSavedCursor(active)) {
    saveCursor(painter, subject, active);
    painter.put(ordinaryCharset);
  }
  painter.put(modes.keyboard(active === alt ? 'alt' : 'normal'));
  painter.put(modes.switches());
  const title = core._inputHandler._windowTitle;
  if (title !== '') painter.put(`\u001b]2;${title}\u001b\\`);
  placeCursor(painter, subject);
  return painter.take();
}

function ownsMargins(core: Core, buffer: ScreenBuffer): boolean {
  return buffer.scrollTop !== 0 || buffer.scrollBottom !== core.rows - 1;
}

function setMargins(painter: Painter, core: Core, buffer: ScreenBuffer): void {
  if (ownsMargins(core, buffer)) painter.put(`\u001b[${buffer.scrollTop + 1};${buffer.scrollBottom + 1}r`);
}

function setTabs(painter: Painter, core: Core, buffer: ScreenBuffer): void {
  const stops: number[] = [];
  let usual = true;
  for (let x = 0; x < core.cols; x++) {
    const stop = buffer.tabs[x] === true;
    if (stop) stops.push(x);
    if (stop !== (x % 8 === 0)) usual = false;
  }
  if (usual) return;
  painter.put('\u001b[3g');
  for (const x of stops) painter.put(`\u001b[${x + 1}G\u001bH`);
}

function hasSavedCursor(buffer: ScreenBuffer): boolean {
  return (
    buffer.savedX !== 0 ||
    buffer.savedY !== 0 ||
    buffer.savedCharset !== undefined ||
    !sameStyle(buffer.savedCurAttrData, plain)
  );
}

function saveCursor(painter: Painter, { core, modes }: Subject, buffer: ScreenBuffer): void {
  const y = Math.min(core.rows - 1, Math.max(0, buffer.savedY - buffer.ybase));
  painter.moveTo(Math.min(buffer.savedX, core.cols - 1), y);
  const { fg, bg } = buffer.savedCurAttrData;
  painter.style({ fg, bg, extended: plain.extended });
  painter.put(`${modes.charsets({ saved: buffer.savedCharset })}\u001b7`);
}

/** Everything that depends on where the cursor is, or moves it. */
function placeCursor(painter: Painter, { core, modes }: Subject): void {
  const { coreService, _inputHandler: input, _charsetService: charset } = core;
  const buffer = core.buffers.active;
  const top = coreService.decPrivateModes.origin ? buffer.scrollTop : 0;
  if (coreService.decPrivateModes.origin) painter.put('\u001b[?6h');
  const beyond = buffer.x >= core.cols;
  const joins = input._parser.precedingJoinState !== 0 && painter.follows(buffer);
  // Drawn once more, a character must not be shifted in or exchanged for another.
  const settled = !coreService.modes.insertMode && charset.charset === undefined;
  if (settled) painter.put(modes.charsets());
  const style = input._curAttrData;
  // A colour for underlines that are not drawn yet is no part of how text looks now.
  if ((style.bg & Bg.extended) === 0 && (style.extended._ext & Colour.all) !== 0) painter.restyle(style);
  if (beyond || (joins && settled)) painter.again(buffer, top);
  else painter.moveTo(buffer.x, buffer.y - top);
  painter.style(style);
  if (!settled) painter.put(modes.charsets());
  if (coreService.modes.insertMode) painter.put('\u001b[4h');
}
