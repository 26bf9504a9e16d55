import { format } from 'prettier';
import { emitApi } from './emit/api.js';
import { emitErrors } from './emit/errors.js';
import { emitHandlers } from './emit/handlers.js';
import { emitClientTypes, emitTypes } from './emit/types.js';
import { buildModel } from './model.js';

const typescript = (text: string): Promise<string> =>
  format(text, { parser: 'typescript', singleQuote: true, printWidth: 110 });

/** Every generated file: its path in the repository and its whole text. */
export async function generateFiles(): Promise<ReadonlyMap<string, string>> {
  const model = buildModel();
  return new Map([
    ['protocol/generated/types.ts', await typescript(emitTypes(model))],
    ['protocol/generated/errors.ts', await typescript(emitErrors(model))],
    ['client/generated/types.ts', await typescript(emitClientTypes())],
    ['client/generated/api.ts', await typescript(emitApi(model))],
    ['daemon/rpc/generated/handlers.ts', await typescript(emitHandlers(model))],
  ]);
}
