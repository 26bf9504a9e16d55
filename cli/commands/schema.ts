import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { packageFile } from '../package.js';
import { withExamples, type Bind } from '../declare.js';

interface Options {
  readonly jsonSchema?: true;
}

/** `khlone schema` */
export function define(command: Command, bind: Bind): void {
  command.option('--json-schema', 'the JSON Schema of every message instead of the OpenRPC document');
  withExamples(command, ['khlone schema > openrpc.json', 'khlone schema --json-schema']);
  command.action(
    bind<Options>(async ({ out }, { options }) => {
      const file = options.jsonSchema === true ? 'schema.json' : 'openrpc.json';
      const text = await readFile(packageFile(`protocol/schema/${file}`), 'utf8');
      if (out.json) out.object(JSON.parse(text));
      else out.write(text);
      return 'done';
    }),
  );
}
