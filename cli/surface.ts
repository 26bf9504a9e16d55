import { createStyle, type Style } from './render/style.js';

/** The part of a stream that its abilities are told from. */
export interface TerminalStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** One of the two streams a user reads. */
export interface Surface {
  readonly style: Style;
  /** Width of the terminal; undefined for a pipe or a file, where nothing is cut. */
  readonly columns: number | undefined;
  readonly terminal: boolean;
}

/** Describes a stream from itself and the environment. Read it anew for each picture: the width may change. */
export function describeSurface(stream: TerminalStream, env: NodeJS.ProcessEnv): Surface {
  const terminal = stream.isTTY === true;
  return {
    style: createStyle({ colour: wantsColour(terminal, env), unicode: speaksUnicode(env) }),
    columns: terminal ? (stream.columns ?? 80) : undefined,
    terminal,
  };
}

/** FORCE_COLOR decides where it is set, then NO_COLOR (no-color.org), then whether it is a terminal that can. */
export function wantsColour(terminal: boolean, env: NodeJS.ProcessEnv): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  return terminal && env['TERM'] !== 'dumb';
}

/** Whether the locale is UTF-8. With no locale at all it is taken for granted, as in most containers. */
export function speaksUnicode(env: NodeJS.ProcessEnv): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return locale === '' || /utf-?8/i.test(locale);
}
