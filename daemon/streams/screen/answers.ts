import type { IDisposable, Terminal } from '@xterm/headless';
import type { Core } from './core.js';
import type { Modes } from './modes.js';

/** Colours of a terminal that nobody looks at: light text on black, as most agents expect. */
const colours: Readonly<Record<number, readonly [number, number, number]>> = {
  256: [0xe5, 0xe5, 0xe5],
  257: [0, 0, 0],
  258: [0xe5, 0xe5, 0xe5],
};

/**
 * Answers questions that @xterm/headless leaves open and that programs wait for: the colours of text, background
 * and cursor (OSC 10 to 12), the terminal's name (XTVERSION), its capabilities by name (XTGETTCAP: none are told),
 * and the cursor's place where it is beyond the last column or counted within the scroll region. The kitty keyboard
 * (CSI ? u) stays unanswered on purpose: that is how a terminal says that it has none, and nobody knows what keys
 * the one will have that is attached later.
 */
export function answerMore(terminal: Terminal, core: Core, modes: Modes): IDisposable {
  const say = (data: string): void => core.coreService.triggerDataEvent(data);
  const held = [
    terminal.parser.registerCsiHandler({ prefix: '>', final: 'q' }, (params) => {
      if (params[0] !== 0 && params.length > 0) return false;
      say('\u001bP>|khlone\u001b\\');
      return true;
    }),
    terminal.parser.registerDcsHandler({ intermediates: '+', final: 'q' }, () => {
      say('\u001bP0+r\u001b\\');
      return true;
    }),
    terminal.parser.registerCsiHandler({ final: 'n' }, (params) => {
      if (params[0] !== 6) return false;
      const { x, y, scrollTop } = core.buffers.active;
      const top = core.coreService.decPrivateModes.origin ? scrollTop : 0;
      say(`\u001b[${y - top + 1};${Math.min(x, core.cols - 1) + 1}R`);
      return true;
    }),
    core._inputHandler.onColor((changes) => {
      for (const { type, index } of changes) {
        if (type !== 0 || index === undefined) continue;
        const colour = modes.colour(index) ?? colours[index];
        if (!colour) continue;
        const spec = colour.map((part) => part.toString(16).padStart(2, '0').repeat(2)).join('/');
        const which = index < 256 ? `4;${index}` : String(index - 246);
        say(`\u001b]${which};rgb:${spec}\u001b\\`);
      }
    }),
  ];
  return {
    dispose: () => {
      for (const one of held) one.dispose();
    },
  };
}
