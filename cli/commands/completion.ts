import type { Command } from 'commander';
import { connectIfRunning, type Context } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import { parseChoice } from '../input.js';
import { everyClone } from '../pages.js';
import { oneLine } from '../render/sanitize.js';

const shells = ['bash', 'zsh', 'fish'] as const;
/** What the scripts call for the names of clones. */
const choices = [...shells, 'clones'] as const;

/** `khlone completion <shell>` */
export function define(command: Command, bind: Bind): void {
  command.argument('<shell>', `${shells.join(', ')}; or clones, for the names that the scripts offer`);
  withExamples(command, [
    'eval "$(khlone completion bash)"',
    'khlone completion zsh > ~/.zfunc/_khlone',
    'khlone completion fish > ~/.config/fish/completions/khlone.fish',
  ]);
  command.action(
    bind(async (context, { args: [word = ''] }) => {
      const { out } = context;
      const shell = parseChoice(word, choices, 'the shell');
      if (shell === 'clones') {
        const names = await cloneNames(context);
        if (out.json) out.object({ clones: names });
        else out.write(names.map((name) => `${oneLine(name)}\n`).join(''));
        return 'done';
      }
      const { createProgram } = await import('../program.js');
      const { verbs } = await import('../verbs.js');
      const { describeWords } = await import('../completion/words.js');
      const { scripts } = await import('../completion/scripts.js');
      const { command: root } = await createProgram({
        load: verbs.map(({ name }) => name),
        context: () => context,
        stdout: () => undefined,
      });
      const script = scripts[shell](describeWords(root));
      if (out.json) out.object({ shell, script });
      else out.write(script);
      return 'done';
    }),
  );
}

/** None where no daemon runs: pressing a key starts nothing. */
async function cloneNames(context: Context): Promise<string[]> {
  await using khlone = await connectIfRunning(context);
  return khlone === undefined ? [] : (await everyClone(khlone)).map(({ name }) => name);
}
