import type { EventsOptions } from '../../client/index.js';
import type { Output } from '../output.js';

/** Says in a line that the daemon is gone while somebody watches, and in another that the next one goes on. */
export function tellsRiding({ note }: Pick<Output, 'note'>): Pick<EventsOptions, 'onLost' | 'onResumed'> {
  return {
    onLost: () => note('  The connection to the daemon is lost; making it anew.\n'),
    onResumed: () => note('  The daemon is there again; going on where it broke off.\n'),
  };
}
