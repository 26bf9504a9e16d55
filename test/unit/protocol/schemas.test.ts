import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import metaSchema from '@open-rpc/meta-schema';
import { parseOpenRPCDocument, validateOpenRPCDocument } from '@open-rpc/schema-utils-js';
import { Ajv } from 'ajv';
import formatsModule from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import type { Definitions, JsonSchema } from '../../../protocol/generate/jsonSchema.js';
import { namedShapes } from '../../../protocol/generate/names.js';
import { schemaFiles } from '../../../protocol/schemaFiles.js';
import { table } from '../../../protocol/table.js';

interface OpenRpc {
  methods: {
    name: string;
    params: { name: string; schema: JsonSchema }[];
    result?: { schema: JsonSchema };
    errors?: { $ref: string }[];
  }[];
  components: { schemas: Definitions; errors: Record<string, { code: number; data: JsonSchema }> };
}

const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8')) as unknown;
const document = read(schemaFiles.schema) as { anyOf: JsonSchema[]; definitions: Definitions };
const openRpc = read(schemaFiles.openrpc) as OpenRpc;

/** Every schema inside a schema, itself included, with the way to it. */
function* walk(schema: JsonSchema | boolean, path: string): Generator<[string, JsonSchema | boolean]> {
  yield [path, schema];
  if (typeof schema === 'boolean') return;
  const { properties = {}, items, additionalProperties, propertyNames, anyOf = [], allOf = [] } = schema;
  for (const [name, member] of Object.entries(properties)) yield* walk(member, `${path}.${name}`);
  if (items !== undefined) yield* walk(items, `${path}[]`);
  // An object with members of its own is open to more.
  if (additionalProperties !== undefined && schema.properties === undefined)
    yield* walk(additionalProperties, `${path}{}`);
  if (propertyNames !== undefined) yield* walk({ type: 'string', ...propertyNames }, `${path}{key}`);
  for (const [index, part] of [...anyOf, ...allOf].entries()) yield* walk(part, `${path}|${index}`);
}

const says = ['$ref', 'type', 'const', 'enum', 'anyOf', 'allOf'];

/** Ways to the schemas that take anything. */
function emptySchemas(roots: Record<string, JsonSchema>): string[] {
  return Object.entries(roots)
    .flatMap(([name, schema]) => [...walk(schema, name)])
    .filter(
      ([, schema]) => typeof schema === 'boolean' || !Object.keys(schema).some((key) => says.includes(key)),
    )
    .map(([path]) => path);
}

/** What is somebody else's to define: open metadata, and a JSON object such as a tool's input. */
const open = ['JsonObject{}', 'Meta{}'];

describe('schema.json', () => {
  it('has no empty schema but those that are meant to be open', () => {
    expect(emptySchemas({ ...document.definitions, root: { anyOf: document.anyOf } }).sort()).toEqual(open);
  });

  it('would be caught with an empty schema at any depth', () => {
    expect(emptySchemas({ A: { type: 'object', properties: { b: { type: 'array', items: {} } } } })).toEqual([
      'A.b[]',
    ]);
    expect(emptySchemas({ A: { anyOf: [{ description: 'only words' }] } })).toEqual(['A|0']);
    expect(emptySchemas({ A: { type: 'object', additionalProperties: true } })).toEqual(['A{}']);
  });

  it('leaves every object open', () => {
    const closed = Object.entries(document.definitions)
      .flatMap(([name, schema]) => [...walk(schema, name)])
      .filter(([, schema]) => typeof schema === 'object' && schema.type === 'object')
      .filter(([, schema]) => (schema as JsonSchema).additionalProperties === false);
    expect(closed).toEqual([]);
  });

  it('says every named shape once and refers to it elsewhere', () => {
    const shapes = namedShapes
      .map(({ name }) => [name, document.definitions[name]] as const)
      .filter(([, schema]) => Object.keys(schema?.properties ?? {}).length > 1);
    expect(shapes.length).toBeGreaterThan(8);
    const places = Object.entries(document.definitions).flatMap(([name, schema]) => [...walk(schema, name)]);
    for (const [name, shape] of shapes) {
      const copies = places.filter(
        ([, schema]) =>
          JSON.stringify((schema as JsonSchema).properties) === JSON.stringify(shape?.properties),
      );
      expect(copies.map(([path]) => path)).toEqual([name]);
    }
  });

  it('takes whole messages and refuses what is none', () => {
    const ajv = new Ajv({ strict: true });
    formatsModule.default(ajv);
    const validate = ajv.compile(document);
    const call = { jsonrpc: '2.0', id: 1, method: 'clone/act', params: { who: 'mechanic', say: 'Hello.' } };
    expect(validate(call)).toBe(true);
    expect(validate({ ...call, params: { who: 'mechanic' } })).toBe(false);
    expect(validate({ ...call, jsonrpc: '1.0' })).toBe(false);
    expect(validate({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } })).toBe(true);
    const details = { who: 'x', known: [] };
    const data = { kind: 'cloneNotFound', retryable: false, hint: 'Look.', details };
    const failure = { jsonrpc: '2.0', id: 1, error: { code: -32024, message: 'No clone.', data } };
    expect(validate(failure)).toBe(true);
    expect(validate({ ...failure, error: { ...failure.error, code: -32025 } })).toBe(false);
  });
});

describe('openrpc.json', () => {
  it('is valid by the official meta-schema', () => {
    const ajv = new Ajv({ strict: false });
    formatsModule.default(ajv);
    // It leaves what a schema is to another one, which comes with the official tools, and names that in two ways.
    const tools = createRequire(createRequire(import.meta.url).resolve('@open-rpc/schema-utils-js'));
    const { default: schemas } = tools('@json-schema-tools/meta-schema') as { default: object };
    ajv.addSchema(schemas);
    const text = JSON.stringify(metaSchema).replaceAll('json-schema.tools"', 'json-schema.tools/"');
    const validate = ajv.compile(JSON.parse(text) as object);
    expect(validate(openRpc) ? [] : validate.errors).toEqual([]);
    expect(validate({ ...openRpc, methods: [{ name: 1 }] })).toBe(false);
  });

  it('is valid by the official tools, every reference resolved', async () => {
    expect(validateOpenRPCDocument(structuredClone(openRpc) as never)).toBe(true);
    const resolved = await parseOpenRPCDocument(structuredClone(openRpc) as never);
    expect(resolved.methods.map((method) => (method as { name: string }).name)).toEqual(
      table.map(({ name }) => name),
    );
    expect(JSON.stringify(resolved.methods)).not.toContain('#/components/');
  });

  it('has no empty schema but those that are meant to be open', () => {
    const roots = Object.fromEntries([
      ...Object.entries(openRpc.components.schemas),
      ...Object.entries(openRpc.components.errors).map(
        ([kind, { data }]) => [`error ${kind}`, data] as const,
      ),
      ...openRpc.methods.flatMap(({ name, params, result }) => [
        ...params.map((param) => [`${name} ${param.name}`, param.schema] as const),
        ...(result === undefined ? [] : [[`${name} result`, result.schema] as const]),
      ]),
    ]);
    expect(Object.keys(roots).length).toBeGreaterThan(150);
    expect(emptySchemas(roots).sort()).toEqual(open);
  });

  it('refers to an error component for every error of every method', () => {
    for (const { errors = [] } of openRpc.methods)
      for (const { $ref } of errors)
        expect(Object.keys(openRpc.components.errors)).toContain($ref.replace('#/components/errors/', ''));
  });
});
