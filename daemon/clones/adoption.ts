import type { ToldOutput } from '../brains/contract.js';
import type { EventLog } from '../events/log.js';
import { onUnexpectedError } from '../lifecycle.js';
import type { FoundBrain } from '../holder/holders.js';
import type { CloneDirectory } from './directory.js';

/** How many of a clone's last words are looked at, to know what of a transcript is in the history already. */
const lastWords = 2000;

/** What brains of an earlier daemon are given back with. */
export interface AdoptionParts {
  readonly directory: CloneDirectory;
  readonly log: EventLog;
}

/**
 * Gives a brain that an earlier daemon started back to its clone. Resolves with whether it did: a terminal goes on,
 * where its clone is in service; a dispatched turn has ended with its daemon, and its process is of no use.
 */
export async function adoptBrain(found: FoundBrain, { directory, log }: AdoptionParts): Promise<boolean> {
  if (found.kind === 'pipes') return false;
  const { clone = '' } = found.tag;
  try {
    return (await directory.get(clone)?.adopt(found.terminal, toldBy(log, clone))) ?? false;
  } catch (error) {
    onUnexpectedError(error);
    return false;
  }
}

/** Whether something is in the history among a clone's last words. */
function toldBy(log: EventLog, clone: string): (output: ToldOutput) => boolean {
  let told: ReadonlySet<string> | undefined;
  return (output) => {
    told ??= wordsOf(log, clone);
    return told.has(nameOf(output));
  };
}

function wordsOf(log: EventLog, clone: string): Set<string> {
  const types: readonly ToldOutput['type'][] = [
    'message.completed',
    'message.typed',
    'tool.started',
    'tool.finished',
  ];
  const from = Number.MAX_SAFE_INTEGER;
  const words = new Set<string>();
  for (const { event } of log.read({
    from,
    direction: 'backward',
    limit: lastWords,
    types,
    clones: [clone],
  })) {
    words.add(nameOf(event));
  }
  return words;
}

/** An event and the output it tells of have the same name. */
function nameOf(told: { readonly type: string; readonly message?: string; readonly tool?: string }): string {
  return `${told.type} ${told.message ?? told.tool ?? ''}`;
}
