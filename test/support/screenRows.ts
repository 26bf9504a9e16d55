import type { ScreenText, Snapshot } from '../../daemon/streams/contract.js';
import { coreOf } from '../../daemon/streams/screen/core.js';
import type { HeadlessScreen } from '../../daemon/streams/screen/headlessScreen.js';
import { PlainTerminal } from './terminalState.js';

const text = (screen: HeadlessScreen): ScreenText =>
  screen.answer({ type: 'text', scrollback: 0, ansi: true }) as ScreenText;

function drawn(screen: HeadlessScreen): PlainTerminal {
  const snapshot = screen.answer({ type: 'snapshot', scrollback: 0 }) as Snapshot;
  return new PlainTerminal(snapshot).write(snapshot.data);
}

/** Runs of cells in one style, for each row; a run of blanks at the end is left out. */
type Rows = readonly (readonly string[])[];

const rowsOf = (terminal: PlainTerminal): Rows => {
  const state = terminal.state();
  const rows = (state['alt'] ?? state['normal']) as readonly (readonly string[])[];
  return rows.map((row) => {
    const runs = row.slice(0, -1);
    while (/^\d+\| *$/.test(runs.at(-1) ?? '')) runs.pop();
    return runs;
  });
};

/** The rows of a screen. */
export const styledRows = (screen: HeadlessScreen): Rows => rowsOf(drawn(screen));

/** The rows that tmux tells of a screen of that size; a style that is set in one of them goes on in the next. */
export function styledRowsOf(rows: readonly string[], screen: HeadlessScreen): Rows {
  const { cols, rows: height } = text(screen);
  const terminal = new PlainTerminal({ cols, rows: height }).write('\u001b[?1049h');
  for (const [y, row] of rows.entries()) terminal.write(`\u001b[${y + 1};1H${row}`);
  return rowsOf(terminal);
}

/** Where a screen's cursor is and which modes it has, in tmux's names. */
export function cursorOf(screen: HeadlessScreen): Record<string, string> {
  const { alternate } = text(screen);
  const { active } = coreOf(drawn(screen).terminal).buffers;
  const { coreService, coreMouseService } = coreOf(drawn(screen).terminal);
  const modes = coreService.decPrivateModes;
  const flag = (on: boolean): string => (on ? '1' : '0');
  const mouse = coreMouseService.activeProtocol;
  return {
    cursor_x: String(active.x),
    cursor_y: String(active.y),
    cursor_flag: flag(!coreService.isCursorHidden),
    alternate_on: flag(alternate),
    insert_flag: flag(coreService.modes.insertMode),
    keypad_cursor_flag: flag(modes.applicationCursorKeys),
    keypad_flag: flag(modes.applicationKeypad),
    mouse_standard_flag: flag(mouse === 'VT200'),
    mouse_button_flag: flag(mouse === 'DRAG'),
    mouse_all_flag: flag(mouse === 'ANY'),
    mouse_sgr_flag: flag(coreMouseService.activeEncoding === 'SGR'),
    origin_flag: flag(modes.origin),
    wrap_flag: flag(modes.wraparound),
    scroll_region_upper: String(active.scrollTop),
    scroll_region_lower: String(active.scrollBottom),
  };
}
