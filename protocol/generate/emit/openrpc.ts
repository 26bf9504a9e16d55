import { generatedNote } from '../typescript.js';
import { packageVersion, protocolVersion } from '../../version.js';
import { sampleParams } from '../examples.js';
import { type Definitions, membersOf, refName, refTo } from '../jsonSchema.js';
import type { Model, RowModel } from '../model.js';

type Json = Record<string, unknown>;

/** Definitions live elsewhere in an OpenRPC document. */
function relocate<T>(value: T): T {
  const text = JSON.stringify(value).replaceAll('"#/definitions/', '"#/components/schemas/');
  return JSON.parse(text) as T;
}

/** Every definition that a schema leads to. */
function collect(schema: unknown, definitions: Definitions, found: Set<string>): void {
  if (typeof schema !== 'object' || schema === null) return;
  const name = refName(schema);
  if (name !== undefined && !found.has(name)) {
    found.add(name);
    collect(definitions[name], definitions, found);
  }
  for (const part of Object.values(schema)) collect(part, definitions, found);
}

/** The shape's own name where a definition is nothing but that shape. */
function target(name: string, model: Model): string {
  const next = refName(model.definitions[name] ?? {});
  return next === undefined ? name : target(next, model);
}

function exampleOf({ row }: RowModel): Json {
  return {
    name: `${row.name} example`,
    params: Object.entries(sampleParams(row)).map(([name, value]) => ({ name, value })),
    ...(row.kind === 'request' ? { result: { name: 'result', value: row.example.result } } : {}),
  };
}

function methodOf(row: RowModel, model: Model): Json {
  const members = [...membersOf(refTo(row.params), model.definitions)];
  const needed = members.sort(([, a], [, b]) => Number(b.required) - Number(a.required));
  const result = row.result === undefined ? undefined : refTo(target(row.result, model));
  return {
    name: row.row.name,
    summary: row.row.summary,
    paramStructure: 'by-name',
    params: needed.map(([name, { schema, required }]) => ({
      name,
      ...(schema.description === undefined ? {} : { description: schema.description }),
      required,
      schema,
    })),
    ...(result === undefined ? {} : { result: { name: 'result', schema: result } }),
    ...(row.errors.length === 0
      ? {}
      : { errors: row.errors.map((kind) => ({ $ref: `#/components/errors/${kind}` })) }),
    examples: [exampleOf(row)],
    'x-direction': row.row.direction,
    'x-stability': row.row.stability,
    'x-since': row.row.since,
    'x-capability': row.row.capability,
  };
}

/** `protocol/schema/openrpc.json`: what `rpc.discover` answers with. */
export function emitOpenRpc(model: Model): Json {
  const methods = model.rows.map((row) => methodOf(row, model));
  const errors = model.errors.map(({ kind, code, message, definition }) => [
    kind,
    // Tools do not follow a reference here.
    { code, message, data: model.definitions[definition] },
  ]);
  const found = new Set<string>();
  collect([methods, errors], model.definitions, found);
  const schemas = Object.entries(model.definitions).filter(([name]) => found.has(name));
  return relocate({
    openrpc: '1.3.2',
    'x-comment': generatedNote,
    info: {
      title: 'khlone',
      description:
        'A local daemon that owns the AI coding agents of one zone. JSON-RPC 2.0 in Content-Length frames over a unix socket; initialize comes first. Messages with x-direction toClient are sent by the daemon.',
      version: packageVersion,
      license: { name: 'MIT' },
      'x-protocolVersion': protocolVersion,
    },
    methods,
    components: { errors: Object.fromEntries(errors), schemas: Object.fromEntries(schemas) },
  });
}
