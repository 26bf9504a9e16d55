import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import formatsModule from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { probeSandbox } from '../../daemon/sandbox/probe.js';
import { pascal } from '../../protocol/generate/names.js';
import type { Row } from '../../protocol/row.js';
import { schemaFiles } from '../../protocol/schemaFiles.js';
import { table } from '../../protocol/table.js';
import { Replay } from '../support/replay.js';
import { differences } from '../support/sameStructure.js';

const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8')) as unknown;
const document = read(schemaFiles.schema) as { $id: string };
const ajv = new Ajv({ strict: true });
formatsModule.default(ajv);
ajv.addSchema(document);

function faults(definition: string, value: unknown): unknown {
  const validate = ajv.compile({ $ref: `${document.$id}#/definitions/${definition}` });
  return validate(value) ? [] : validate.errors;
}

/** A task that is taken up at once may have begun or not when the next call comes. */
const racing: Readonly<Record<string, readonly string[]>> = {
  'task/cancel': ['attempt', 'startedAt'],
  'task/retry': ['attempt', 'startedAt'],
  // What a machine has for it differs.
  'daemon/status': ['ends', 'reason', 'namespaces', 'memory', 'cpus', 'kind', 'next'],
  'zone/get': ['kind', 'reason', 'next'],
  'sandbox/describe': ['sandbox', 'cwd'],
  // Its program may have shown its title or not.
  'stream/attach': ['title'],
  // However much it has shown by then.
  'stream/history': ['next', 'more'],
};

const rows: readonly Row[] = table;

const { state } = await probeSandbox({ platform: process.platform, path: process.env['PATH'] ?? '' });
/** Whether this machine cannot give the example that needs a sandbox; with CI set it has to. */
const bare = state.kind === 'none' && !process.env['CI'];

describe('the example of', () => {
  it.each(rows.map((row) => ({ name: row.name, row })))(
    '$name is what a daemon answers',
    async ({ name, row }) => {
      await using replay = await Replay.open();
      if (name !== 'initialize') await replay.greet();
      await replay.prepare(row.example.after ?? []);

      if (row.kind === 'notification') {
        const params = await replay.notification((method) => method === name);
        expect(faults(`${pascal(name)}Params`, params)).toEqual([]);
        expect(differences(replay.asInExamples(params), row.example.params)).toEqual([]);
        return;
      }

      if (bare && name === 'sandbox/describe') {
        await expect(replay.example(name)).rejects.toThrow('sandboxMissing');
        return;
      }
      const result = await replay.example(name);
      expect(faults(`${pascal(name)}Result`, result)).toEqual([]);
      if (name === 'rpc.discover') {
        // The example shows one member of a long document.
        expect(result).toMatchObject(row.example.result as object);
        expect(result).toEqual(read(schemaFiles.openrpc));
        return;
      }
      if (name === 'sandbox/describe') {
        // What lies before the command, and which variables there are, is the machine's.
        const made = result as { args: string[]; env: object; program: string };
        const shown = row.example.result as typeof made;
        const { command } = row.example.params as { command: string[] };
        expect(made.args.slice(-command.length)).toEqual(command);
        Object.assign(made, { args: shown.args, env: shown.env, program: shown.program });
      }
      if (name === 'stream/history') {
        const history = result as { entries: unknown[] };
        // It may have shown more by then, and at more times.
        history.entries.splice((row.example.result as typeof history).entries.length);
      }
      expect(
        differences(replay.asInExamples(result), row.example.result, { racing: racing[name] ?? [] }),
      ).toEqual([]);
    },
  );
});
