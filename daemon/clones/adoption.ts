import type { ToldOutput } from '../brains/contract.js';
import type { EventLog } from '../events/log.js';
import { onUnexpectedError } from '../lifecycle.js';
import type { FoundBrain } from '../holder/leftRuns.js';
import type { TurnRecord } from '../store/turnTable.js';
import type { CloneDirectory } from './directory.js';
import { persist } from './persist.js';
import { breakOff, type RecoveryParts } from './recovery.js';

/** How many of a clone's last words are looked at, to know what of a transcript is in the history already. */
const lastWords = 2000;

/** What brains of an earlier daemon are given back with. */
export interface AdoptionParts extends RecoveryParts {
  readonly directory: CloneDirectory;
  /** Whether the daemon is ending: what the disk refuses is left to the next one. */
  readonly ending: () => boolean;
}

/** From where in their output the turns that an earlier daemon has noted can be followed, by run. */
export function beginnings(turns: readonly TurnRecord[]): Map<string, number> {
  return new Map(
    turns.flatMap(({ progress }) =>
      progress.state === 'sent' ? [[progress.run, progress.from] as const] : [],
    ),
  );
}

/**
 * Gives what an earlier daemon left back to its clones: turns go on, terminals are open again, and tasks with which nobody
 * can go on end. Resolves with the brains that are of no use. Never rejects.
 */
export async function takeUp(
  parts: AdoptionParts,
  left: { readonly turns: readonly TurnRecord[]; readonly brains: readonly FoundBrain[] },
): Promise<FoundBrain[]> {
  const ridden = new Set<string>();
  const useless = await Promise.all(
    left.brains.map(async (brain) => {
      const turn = left.turns.find(({ progress }) => progress.state === 'sent' && progress.run === brain.run);
      if (turn && (await rideOn(brain, turn, parts))) {
        ridden.add(turn.task);
        return [];
      }
      return (await adoptBrain(brain, parts)) ? [] : [brain];
    }),
  );
  for (const turn of left.turns) {
    if (!ridden.has(turn.task)) await giveUp(turn, parts).catch(onUnexpectedError);
  }
  return useless.flat();
}

/** Goes on with a turn in the process that was given it; false where that cannot be. */
async function rideOn(brain: FoundBrain, turn: TurnRecord, parts: AdoptionParts): Promise<boolean> {
  const task = parts.store.tasks.get(turn.task);
  const runner = parts.directory.get(turn.clone);
  if (!task || !runner?.ridable) return false;
  try {
    if (brain.kind === 'terminal')
      return await runner.ride(task, turn, { kind: 'terminal', held: brain.terminal });
    return (
      brain.takeUp !== undefined && (await runner.ride(task, turn, { kind: 'pipes', held: brain.takeUp() }))
    );
  } catch (error) {
    onUnexpectedError(error);
    return false;
  }
}

async function giveUp(turn: TurnRecord, parts: AdoptionParts): Promise<void> {
  const task = parts.store.tasks.get(turn.task);
  const runner = parts.directory.get(turn.clone);
  const afresh = task && !task.aside && turn.progress.state === 'unsent';
  if (afresh && runner?.beginAgain(task, turn)) return;
  await persist(() => breakOff(parts, turn), parts.ending);
  runner?.wake();
}

/**
 * Gives a brain that an earlier daemon started back to its clone. Resolves with whether it did: a terminal goes on,
 * where its clone is in service; a dispatched turn has ended with its daemon, and its process is of no use.
 */
export async function adoptBrain(
  found: FoundBrain,
  { directory, log }: Pick<AdoptionParts, 'directory' | 'log'>,
): Promise<boolean> {
  if (found.kind === 'pipes' || !found.terminal.isAlive()) return false;
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
