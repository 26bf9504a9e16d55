import type { Command } from 'commander';
import { withExamples, type Bind } from '../declare.js';
import { defineWork } from '../work.js';

/** `khlone ask <who> <text...>` */
export function define(command: Command, bind: Bind): void {
  defineWork(command, bind, (khlone, params) => khlone.clone.ask(params));
  command.addHelpText(
    'after',
    '\nAs `khlone act`, but the clone runs read-only. What it says goes to stdout, all else to stderr.',
  );
  withExamples(command, ['khlone ask mechanic.1 "where is the parser?" > answer.txt']);
}
