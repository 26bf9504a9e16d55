import type { Khlone } from '../../client/index.js';

/** Longest time a program takes to show what is waited for, on a busy machine. */
const patienceMs = 30_000;

/** The screen of a clone once it shows a pattern. */
export async function shown(khlone: Khlone, who: string, pattern: RegExp): Promise<string> {
  const late = AbortSignal.timeout(patienceMs);
  await using stream = await khlone.stream.attach({ who, mode: 'watch' });
  const giveUp = (): void => void stream.detach();
  late.addEventListener('abort', giveUp);
  try {
    // The first piece is the screen as it is.
    for await (const _ of stream) {
      const { text } = await khlone.stream.screen({ who });
      if (pattern.test(text)) return text;
    }
  } finally {
    late.removeEventListener('abort', giveUp);
  }
  const { text } = await khlone.stream.screen({ who });
  throw new Error(`the screen of ${who} never showed ${pattern}:\n${text}`);
}
