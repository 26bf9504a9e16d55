import { format } from 'prettier';
import { emitApi } from './emit/api.js';
import { emitDocs } from './emit/docs.js';
import { emitErrors } from './emit/errors.js';
import { emitHandlers } from './emit/handlers.js';
import { emitMeta } from './emit/meta.js';
import { emitOpenRpc } from './emit/openrpc.js';
import { emitSchema } from './emit/schemaFile.js';
import { emitClientTypes, emitTypes } from './emit/types.js';
import { buildModel } from './model.js';

const typescript = (text: string): Promise<string> =>
  format(text, { parser: 'typescript', singleQuote: true, printWidth: 110 });

const json = (value: Record<string, unknown>): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** Every generated file: its path in the repository and its whole text. */
export async function generateFiles(): Promise<ReadonlyMap<string, string>> {
  const model = buildModel();
  return new Map([
    ['protocol/generated/types.ts', await typescript(emitTypes(model))],
    ['protocol/generated/errors.ts', await typescript(emitErrors(model))],
    ['client/generated/types.ts', await typescript(emitClientTypes())],
    ['client/generated/api.ts', await typescript(emitApi(model))],
    ['daemon/rpc/generated/handlers.ts', await typescript(emitHandlers(model))],
    ['docs/protocol.md', emitDocs(model)],
    ['protocol/schema/schema.json', json(emitSchema(model))],
    ['protocol/schema/openrpc.json', json(emitOpenRpc(model))],
    ['protocol/schema/meta.json', json(emitMeta(model))],
  ]);
}
