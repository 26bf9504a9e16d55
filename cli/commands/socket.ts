import type { Command } from 'commander';
import { withExamples, type Bind } from '../declare.js';

/** `khlone socket` */
export function define(command: Command, bind: Bind): void {
  withExamples(command, ['khlone socket --zone ~/project']);
  command.action(
    bind(async ({ out, env, folder }) => {
      const { locateZone } = await import('../../client/autostart.js');
      const { zone, paths } = locateZone(folder, env);
      if (out.json) out.object({ zone, socket: paths.socket });
      else out.write(`${paths.socket}\n`);
      return 'done';
    }),
  );
}
