import { usageError } from '../failure.js';

/** A control key, as the terminal sends it. */
export interface PrefixKey {
  /** What the terminal sends for it in its ordinary mode. */
  readonly byte: number;
  /** The character without Ctrl, which terminals send once a program has asked for unambiguous keys. */
  readonly character: string;
  /** As it is written for people. */
  readonly label: string;
}

/** The key before a command of `talk`, where nobody chose another: tmux's own. */
export const defaultPrefix = 'C-b';

const named: Readonly<Record<string, string>> = { space: ' ' };

/** Reads a key such as `C-b`, `^a`, `C-]` or `C-Space`. @throws invalidParams */
export function parsePrefix(text: string): PrefixKey {
  const [, word = ''] = /^(?:C-|c-|\^)(.+)$/.exec(text) ?? [];
  const character = named[word.toLowerCase()] ?? word.toLowerCase();
  // Tab, Enter and Escape are control keys too, and no program can do without them.
  if (!/^[a-hk-ln-z@\\\]^_ ]$/.test(character)) {
    throw usageError(
      `"${text}" is no prefix key`,
      'Write a control key such as C-b, C-a, C-] or C-Space; not C-i, C-j, C-m or C-[, which are Tab, Enter and Escape.',
    );
  }
  const byte = character === ' ' ? 0 : character.toUpperCase().charCodeAt(0) & 0x1f;
  return { byte, character, label: `C-${character === ' ' ? 'Space' : character}` };
}

/** The key that was given, else the user's own of `KHLONE_PREFIX`, else the default. @throws invalidParams */
export function choosePrefix(given: string | undefined, env: NodeJS.ProcessEnv): PrefixKey {
  return parsePrefix(given ?? (env['KHLONE_PREFIX'] || defaultPrefix));
}
