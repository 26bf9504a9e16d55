import { closeSync, constants, openSync, readSync } from 'node:fs';

/**
 * Throws away what was typed and not read yet, whole lines and the beginning of one: it was typed before the question
 * that is about to be asked could be read. Only what is there now is taken; nothing is waited for.
 */
export function discardTypeAhead(stdin: NodeJS.ReadStream): void {
  while (stdin.read() !== null);
  if (!stdin.isTTY || typeof stdin.setRawMode !== 'function') return;
  // In line mode the terminal hands out whole lines only; a line that was begun would wait to become an answer.
  stdin.setRawMode(true);
  try {
    drainTerminal();
  } finally {
    stdin.setRawMode(false);
  }
}

/** By a descriptor of its own, since the one of stdin blocks until there is something. */
function drainTerminal(): void {
  let terminal: number;
  try {
    terminal = openSync('/dev/tty', constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return;
  }
  try {
    const typed = Buffer.alloc(4096);
    while (readSync(terminal, typed) > 0);
  } catch {
    // EAGAIN: there is no more.
  } finally {
    closeSync(terminal);
  }
}
