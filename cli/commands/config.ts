import type { Command } from 'commander';
import type { ZoneGetResult } from '../../client/index.js';
import { connectTo } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import { parseChoice } from '../input.js';
import { oneLine } from '../render/sanitize.js';

const settings = ['ask.sandbox'] as const;
const sandboxes = ['require', 'prefer'] as const;

/** `khlone config [setting] [value]` */
export function define(command: Command, bind: Bind): void {
  command
    .argument('[setting]', `${settings.join(', ')}; all of them when left out`)
    .argument('[value]', `of ask.sandbox: ${sandboxes.join(' or ')}; prints it when left out`)
    .addHelpText(
      'after',
      '\nSettings of the zone. `ask.sandbox`: where this machine has no sandbox, `prefer` lets an ask run without one and\nsays so, `require` refuses it.',
    );
  withExamples(command, ['khlone config', 'khlone config ask.sandbox require']);
  command.action(
    bind(async (context, { args: [setting, value] }) => {
      if (setting !== undefined) parseChoice(setting, settings, 'the setting');
      const wanted = value === undefined ? undefined : parseChoice(value, sandboxes, setting ?? '');
      await using khlone = await connectTo(context);
      if (wanted !== undefined) await khlone.zone.set({ ask: { sandbox: wanted } });
      const zone = await khlone.zone.get({});
      if (context.out.json) context.out.object(zone);
      else context.out.write(setting === undefined ? render(zone) : `${zone.settings.ask.sandbox}\n`);
      return 'done';
    }),
  );
}

function render({ settings: { ask }, sandbox: { kind, reason, next } }: ZoneGetResult): string {
  const why = reason === undefined ? '' : ` (${oneLine(reason)})\n  next: ${oneLine(next ?? '')}`;
  return `ask.sandbox = ${ask.sandbox}\n\nasks run with: ${kind}${why}\n`;
}
