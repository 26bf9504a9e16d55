import type { StreamOutcome } from '../../client/index.js';
import type { Ending } from '../exit.js';
import { oneLine } from '../render/sanitize.js';

/** What is said, and how the command ends, when a stream is over. */
export interface Farewell {
  readonly text: string;
  readonly ending: Ending;
}

/** How a program ended. */
interface ProgramExit {
  readonly code?: number | undefined;
  readonly signal?: string | undefined;
}

/** The last line about a clone's terminal, for the normal screen. */
export function bidFarewell(clone: string, outcome: Exclude<StreamOutcome, { reason: 'failed' }>): Farewell {
  const name = oneLine(clone);
  const back = `khlone talk ${name}`;
  const say = (text: string, ending: Ending = 'done'): Farewell => ({ text: `[${text}]`, ending });
  switch (outcome.reason) {
    case 'exited':
      return say(`${name} ended${exitText(outcome.exit)}`);
    case 'detached':
      return say(`detached from ${name}; it lives on: ${back}`);
    case 'takenOver':
      return say(`${name} was taken over; to go on watching: khlone watch ${name} --terminal`, 'refused');
    case 'stalled':
      return say(`${name} was let go of, since nothing was read here for long: ${back}`, 'leftRunning');
    case 'posture':
      return say(`${name} left its terminal for a task, or was switched off: khlone watch ${name}`);
    case 'retired':
      return say(`${name} is retired`);
    case 'stopping':
      return say(`the daemon stops; to come back: ${back}`, 'unreachable');
    default:
      return say(`${name} is no longer attached: ${back}`);
  }
}

function exitText(exit: ProgramExit | undefined): string {
  if (exit?.signal !== undefined) return ` by ${oneLine(exit.signal)}`;
  return exit?.code === undefined ? '' : `: exit code ${exit.code}`;
}
