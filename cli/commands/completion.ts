import type { Command } from 'commander';
import { parseChoice } from '../input.js';
import { withExamples, type Bind } from '../declare.js';

const shells = ['bash', 'zsh', 'fish'] as const;

/** `khlone completion <shell>` */
export function define(command: Command, bind: Bind): void {
  command.argument('<shell>', shells.join(', '));
  withExamples(command, [
    'eval "$(khlone completion bash)"',
    'khlone completion zsh > ~/.zfunc/_khlone',
    'khlone completion fish > ~/.config/fish/completions/khlone.fish',
  ]);
  command.action(
    bind(async (context, { args: [word = ''] }) => {
      const { out } = context;
      const shell = parseChoice(word, shells, 'the shell');
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
