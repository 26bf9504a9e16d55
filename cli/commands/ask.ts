import type { Command } from 'commander';
import { isKhloneError, type CloneAskParams, type Khlone, type Task } from '../../client/index.js';
import { withExamples, type Bind } from '../declare.js';
import { retold } from '../failure.js';
import { oneLine } from '../render/sanitize.js';
import { defineWork } from '../work.js';

/** `khlone ask <who> <text...>` */
export function define(command: Command, bind: Bind): void {
  defineWork(command, bind, { kind: 'ask', send: ask });
  command.option(
    '--aside',
    'at once, beside what the clone does: on a branch of its conversation, of which nothing is kept',
  );
  command.addHelpText(
    'after',
    '\nAs `khlone act`, but the clone runs read-only. What it says goes to stdout, all else to stderr.',
  );
  withExamples(command, [
    'khlone ask mechanic.1 "where is the parser?" > answer.txt',
    'khlone ask mechanic.1 --aside "what are you at?"',
  ]);
}

async function ask(khlone: Khlone, params: CloneAskParams): Promise<Task> {
  try {
    return await khlone.clone.ask(params);
  } catch (error) {
    if (!isKhloneError(error, 'capabilityMissing') || error.details.capability !== 'ask') throw error;
    const next = `khlone act ${oneLine(params.who)} <text>, which may change things; \`khlone doctor\` lists what each brain does`;
    throw retold(error, error.message, next);
  }
}
