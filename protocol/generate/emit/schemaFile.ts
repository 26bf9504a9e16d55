import { generatedNote } from '../typescript.js';
import { protocolVersion } from '../../version.js';
import { type JsonSchema, membersOf, refTo } from '../jsonSchema.js';
import type { Model, RowModel } from '../model.js';

const jsonrpc: JsonSchema = { type: 'string', const: '2.0' };
const id: JsonSchema = {
  description: 'Chosen by the caller; no two calls in flight share one.',
  anyOf: [
    { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
    { type: 'string', maxLength: 256 },
  ],
};

const object = (properties: Record<string, JsonSchema>, optional: readonly string[] = []): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: true,
});

function messageOf({ row, params }: RowModel, { definitions }: Model): JsonSchema {
  const members = [...membersOf(refTo(params), definitions).values()];
  const optional = members.some(({ required }) => required) ? [] : ['params'];
  const call = { method: { type: 'string', const: row.name }, params: refTo(params) } as const;
  return row.kind === 'request'
    ? { description: row.summary, ...object({ jsonrpc, id, ...call }, optional) }
    : { description: row.summary, ...object({ jsonrpc, ...call }, optional) };
}

/** `protocol/schema/schema.json`: every shape and message as JSON Schema draft-07; the root is any message. */
export function emitSchema(model: Model): Record<string, unknown> {
  const cancel = {
    description: 'Withdraws a call in flight, which then fails with `cancelled`.',
    ...object({ jsonrpc, method: { type: 'string', const: '$/cancelRequest' }, params: object({ id }) }),
  };
  const of = (kind: RowModel['row']['kind']): JsonSchema[] =>
    model.rows.filter(({ row }) => row.kind === kind).map((row) => messageOf(row, model));
  const results = [...new Set(model.rows.map(({ result }) => result).filter((name) => name !== undefined))];
  const errors = model.errors.map(({ code, definition }) =>
    object({
      code: { type: 'integer', const: code },
      message: { type: 'string' },
      data: refTo(definition),
    }),
  );
  const definitions: Record<string, JsonSchema> = {
    ...model.definitions,
    Request: { description: 'A call.', anyOf: of('request') },
    Notification: { description: 'A message without an answer.', anyOf: [...of('notification'), cancel] },
    Response: {
      description: 'The answer to a call that succeeded.',
      ...object({ jsonrpc, id, result: { anyOf: results.map(refTo) } }),
    },
    Error: { description: 'Why a call failed: one row of the error registry.', anyOf: errors },
    ErrorResponse: {
      description: 'The answer to a call that failed; its id is null where the call could not be read.',
      ...object({ jsonrpc, id: { anyOf: [...(id.anyOf ?? []), { type: 'null' }] }, error: refTo('Error') }),
    },
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: `${generatedNote} ${lengths}`,
    $id: `urn:khlone:protocol:${protocolVersion}`,
    title: `khlone protocol, version ${protocolVersion}`,
    anyOf: ['Request', 'Notification', 'Response', 'ErrorResponse'].map(refTo),
    definitions,
  };
}

/** How the daemon counts, where a validator may count otherwise. */
const lengths =
  'The daemon counts minLength and maxLength in UTF-16 code units; a validator that counts code points takes a few longer texts with characters outside the BMP.';
