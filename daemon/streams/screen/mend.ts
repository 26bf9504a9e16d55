import type { Terminal } from '@xterm/headless';
import type { Core } from './core.js';

/** Mends faults of @xterm/headless 6.0.0 that output can meet; for a terminal that was just made. */
export function mend(terminal: Terminal, core: Core): void {
  // RIS leaves the hidden cursor, the blinking one, and line feeds that return.
  terminal.parser.registerEscHandler({ final: 'c' }, () => {
    core.coreService.isCursorHidden = false;
    core.optionsService.options.cursorBlink = false;
    core.optionsService.options.convertEol = false;
    return false;
  });
  // DECRC restores the character set in use, but not that it was chosen.
  const restore = core._inputHandler.restoreCursor.bind(core._inputHandler);
  core._inputHandler.restoreCursor = () => {
    const done = restore();
    const { charset, glevel, _charsets: chosen } = core._charsetService;
    chosen[glevel] = charset;
    return done;
  };
  // ED 1 in the last column of the last line throws, as it looks at the line after it.
  terminal.parser.registerCsiHandler({ final: 'J' }, (params) => {
    const buffer = core.buffers.active;
    const { x, y } = buffer;
    if (params[0] !== 1 || x + 1 < core.cols || buffer.lines.get(buffer.ybase + y + 1)) return false;
    core._inputHandler.eraseInLine({ params: [2] });
    if (y > 0) {
      buffer.y = y - 1;
      core._inputHandler.eraseInDisplay({ params: [1] });
    }
    buffer.x = x;
    buffer.y = y;
    return true;
  });
}
