import type { Command } from 'commander';
import { connectTo } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import { usageError } from '../failure.js';
import { renderEnrolled } from '../render/clone.js';
import { absolute, readSettings, withSettings, type SettingOptions } from '../settings.js';

interface Options extends SettingOptions {
  readonly name?: string;
  readonly brain?: string;
  readonly cwd?: string;
  readonly grantSocket?: true;
  readonly readOnly?: true;
  readonly resume?: string;
  readonly key?: string;
}

/** The supplier whose brain is any program. */
const anyProgram = 'command';

/** `khlone enroll <role>` */
export function define(command: Command, bind: Bind): void {
  command
    .argument('<role>', 'what it is for, such as mechanic; also its address as one of a pool')
    .argument('[program...]', 'after `--`: the program and its arguments, for the brain command')
    .option('--name <name>', 'its name, as role.N; the next free number by default')
    .option(
      '--brain <brain>',
      'the supplier of its brain: claude (the default), demo, or command for any program',
    )
    .option('--cwd <dir>', "where it works, inside the zone; the zone's root by default")
    .option('--read-only', 'its role takes asks and nothing else, for good; nobody can talk to its clones')
    .option('--grant-socket', 'let the brain reach this daemon (sets KHLONE_SOCKET for it)')
    .option('--resume <uuid>', 'go on with a conversation the brain has already')
    .option('--key <key>', 'idempotency key: the same call with the same key enrolls once');
  withSettings(command);
  withExamples(command, [
    'khlone enroll mechanic --brain demo',
    'khlone enroll reviewer --brief @review.md --approvals deny --label team=core',
    'khlone enroll researcher --read-only',
    "khlone enroll shell --prompt '[$#] $' -- bash --norc",
  ]);
  command.action(
    bind<Options>(async (context, { args: [role = '', ...program], separated, options }) => {
      const { out } = context;
      if (program.length > separated.length) {
        throw usageError(
          `"${program[0]}" is one word too many`,
          'A program goes after `--`: khlone enroll shell -- bash',
        );
      }
      const { name, cwd, grantSocket, readOnly, resume, key } = options;
      const brain = chooseBrain(options.brain, program);
      const settings = await readSettings(options, context);
      await using khlone = await connectTo(context);
      const clone = await khlone.clone.enroll({
        role,
        ...settings,
        ...(name !== undefined && { name }),
        ...(brain !== undefined && { brain }),
        ...(program.length > 0 && { command: program }),
        ...(cwd !== undefined && { cwd: absolute(cwd) }),
        ...(grantSocket === true && { grantSocket }),
        ...(readOnly === true && { readOnly }),
        ...(resume !== undefined && { resume }),
        ...(key !== undefined && { idempotencyKey: key }),
      });
      if (out.json) out.object(clone);
      else out.write(renderEnrolled(clone, out.results.style));
      return 'done';
    }),
  );
}

/** A program says by itself that it is to be the brain. @throws invalidParams */
function chooseBrain(brain: string | undefined, program: readonly string[]): string | undefined {
  if (program.length === 0) {
    if (brain !== anyProgram) return brain;
    throw usageError(
      'The brain command needs a program',
      'Name it after `--`: khlone enroll shell --brain command -- bash',
    );
  }
  if (brain === undefined || brain === anyProgram) return anyProgram;
  throw usageError(
    `The brain ${brain} runs a program of its own, and not "${program.join(' ')}"`,
    'Leave out the program, or use --brain command.',
  );
}
