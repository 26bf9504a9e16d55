import type { Command } from 'commander';
import { connectTo } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import { renderEnrolled } from '../render/clone.js';
import { absolute, readSettings, withSettings, type SettingOptions } from '../settings.js';

interface Options extends SettingOptions {
  readonly name?: string;
  readonly brain?: string;
  readonly cwd?: string;
  readonly grantSocket?: true;
  readonly resume?: string;
  readonly key?: string;
}

/** `khlone enroll <role>` */
export function define(command: Command, bind: Bind): void {
  command
    .argument('<role>', 'what it is for, such as mechanic; also its address as one of a pool')
    .option('--name <name>', 'its name, as role.N; the next free number by default')
    .option('--brain <brain>', 'the supplier of its brain: claude (the default) or demo')
    .option('--cwd <dir>', "where it works, inside the zone; the zone's root by default")
    .option('--grant-socket', 'let the brain reach this daemon (sets KHLONE_SOCKET for it)')
    .option('--resume <uuid>', 'go on with a conversation the brain has already')
    .option('--key <key>', 'idempotency key: the same call with the same key enrolls once');
  withSettings(command);
  withExamples(command, [
    'khlone enroll mechanic --brain demo',
    'khlone enroll reviewer --brief @review.md --approvals deny --label team=core',
  ]);
  command.action(
    bind<Options>(async (context, { args: [role = ''], options }) => {
      const { out } = context;
      const { name, brain, cwd, grantSocket, resume, key } = options;
      const settings = await readSettings(options, context);
      await using khlone = await connectTo(context);
      const clone = await khlone.clone.enroll({
        role,
        ...settings,
        ...(name !== undefined && { name }),
        ...(brain !== undefined && { brain }),
        ...(cwd !== undefined && { cwd: absolute(cwd) }),
        ...(grantSocket === true && { grantSocket }),
        ...(resume !== undefined && { resume }),
        ...(key !== undefined && { idempotencyKey: key }),
      });
      if (out.json) out.object(clone);
      else out.write(renderEnrolled(clone, out.results.style));
      return 'done';
    }),
  );
}
