import type { Command } from 'commander';
import { connectTo } from '../context.js';
import { usageError } from '../failure.js';
import { withExamples, type Bind } from '../declare.js';
import { renderClone } from '../render/clone.js';
import { readSettings, withSettings, type SettingOptions } from '../settings.js';

interface Options extends SettingOptions {
  readonly clearLabels?: true;
}

/** `khlone update <clone>` */
export function define(command: Command, bind: Bind): void {
  command.argument('<clone>', 'its name, such as mechanic.1');
  withSettings(command);
  command.option('--clear-labels', 'take all labels away');
  command.addHelpText(
    'after',
    '\n--prompt, --quiet and --size replace all three of them, --label all labels.',
  );
  withExamples(command, [
    'khlone update mechanic.1 --approvals acceptEdits --task-timeout 30m',
    'khlone update mechanic.1 --env GITHUB_TOKEN',
  ]);
  command.action(
    bind<Options>(async (context, { args: [who = ''], options }) => {
      const { out } = context;
      const settings = await readSettings(options, context);
      const labels = options.clearLabels === true ? { labels: settings.labels ?? {} } : {};
      if (Object.keys(settings).length === 0 && options.clearLabels !== true) {
        throw usageError('There is nothing to change', 'Name a setting: `khlone update --help` lists them.');
      }
      await using khlone = await connectTo(context);
      const clone = await khlone.clone.update({ who, ...settings, ...labels });
      if (out.json) out.object(clone);
      else out.write(renderClone(clone, out.results.style));
      return 'done';
    }),
  );
}
