import type { Command } from 'commander';
import { withExamples, type Bind } from '../declare.js';
import { defineWork } from '../work.js';

/** `khlone act <who> <text...>` */
export function define(command: Command, bind: Bind): void {
  defineWork(command, bind, { kind: 'act', send: (khlone, params) => khlone.clone.act(params) });
  command.addHelpText(
    'after',
    '\nWhat the clone says goes to stdout, all else to stderr. At a terminal you are asked about approvals\n' +
      'right here. Ctrl-C asks whether to cancel the task; a second one leaves it running.\n' +
      'The exit code tells how the task ended: `khlone --help` lists them.',
  );
  withExamples(command, [
    'khlone act mechanic.1 "fix the failing test"',
    'khlone act mechanic --detach --key nightly-42 "update the changelog"',
    'git diff | khlone act reviewer -',
  ]);
}
