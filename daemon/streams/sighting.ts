import type { Sighting, ViewedTerminal } from './viewer.js';
import type { Screen } from './contract.js';

/** Tries to see a screen; its thread may die under one. */
const tries = 3;

/** Longest drawing of a screen: with every character escaped it fits a message. */
const longestDrawing = 1_250_000;

/** Looks at a terminal's screen: with as many lines above it as are asked for and fit a message. */
export async function lookAt(
  { screen, sizes }: Pick<ViewedTerminal, 'sizes'> & { readonly screen: Screen },
  scrollback: number,
): Promise<Sighting> {
  for (let lines = scrollback, failures = 0; ;) {
    const count = sizes.last.count;
    try {
      const snapshot = await screen.snapshot({ scrollback: lines });
      if (snapshot.data.length <= longestDrawing || lines === 0) return { snapshot, sizes: count };
      lines = Math.floor((lines * longestDrawing) / snapshot.data.length / 2);
    } catch (error) {
      failures += 1;
      if (failures === tries) throw error;
    }
  }
}
