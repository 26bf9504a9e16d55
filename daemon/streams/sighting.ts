import type { Sighting, ViewedTerminal } from './viewer.js';
import type { Screen } from './contract.js';

/** Tries to see a screen; its thread may die under one. */
const tries = 3;

/** Looks at a terminal's screen, and how many sizes it has had. */
export async function lookAt(
  { screen, sizes }: Pick<ViewedTerminal, 'sizes'> & { readonly screen: Screen },
  scrollback: number,
): Promise<Sighting> {
  for (let failures = 0; ;) {
    const { count } = sizes.last;
    try {
      return { snapshot: await screen.snapshot({ scrollback }), sizes: count };
    } catch (error) {
      failures += 1;
      if (failures === tries) throw error;
    }
  }
}
