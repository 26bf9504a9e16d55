import type { Holder } from '../holder/contract.js';
import type { Screens, Terminals } from './contract.js';
import { HubTerminal } from './terminal.js';

/** Starts terminals by a holder, each with a screen of its own. */
export function createTerminals({
  holder,
  screens,
}: {
  readonly holder: Holder;
  readonly screens: Screens;
}): Terminals {
  return {
    open: async (what, size) => new HubTerminal(await holder.spawnTerminal(what, size), screens),
    adopt: (held, mark) => new HubTerminal(held, screens, { answered: held.spool.end, mark }),
  };
}
