import { errorRegistry, type ErrorKind } from '../errors.js';
import type { ErrorRow } from '../errorRow.js';
import { commonErrors, type Row } from '../row.js';
import { table } from '../table.js';
import { Converter } from './convert.js';
import { type Definitions, type JsonSchema, refName, refTo } from './jsonSchema.js';
import { namedShapes, pascal } from './names.js';

/** A row of the table as the emitters see it: shapes are names in `definitions`. */
export interface RowModel {
  readonly row: Row;
  /** `CloneEnroll` for `clone/enroll`. */
  readonly name: string;
  readonly params: string;
  /** Missing for a notification. */
  readonly result?: string;
  /** Kinds it may fail with, the common ones included. */
  readonly errors: readonly ErrorKind[];
}

/** A kind of error; `definition` names the schema of its JSON-RPC `data` member. */
export interface ErrorModel extends Pick<ErrorRow, 'code' | 'message' | 'hint' | 'retryable'> {
  readonly kind: ErrorKind;
  readonly details: JsonSchema;
  readonly definition: string;
}

/** Everything that is emitted, read once from the table. */
export interface Model {
  readonly definitions: Definitions;
  readonly rows: readonly RowModel[];
  readonly errors: readonly ErrorModel[];
  /** Names of event types. */
  readonly events: readonly string[];
}

function errorData(kind: string, row: ErrorRow, details: JsonSchema): JsonSchema {
  return {
    type: 'object',
    description: row.message,
    properties: {
      kind: { type: 'string', const: kind },
      retryable: { type: 'boolean', const: row.retryable },
      hint: { type: 'string', description: row.hint },
      details,
    },
    required: ['kind', 'retryable', 'hint', 'details'],
    additionalProperties: true,
  };
}

function errorsOf(row: Row): ErrorKind[] {
  return row.kind === 'request' ? [...new Set([...row.errors, ...commonErrors])] : [];
}

/** Reads the table and the registry into one model. Throws where a name would mean two shapes. */
export function buildModel(): Model {
  const converter = new Converter(namedShapes);
  const definitions = new Map<string, JsonSchema>();
  const define = (name: string, schema: JsonSchema): string => {
    if (definitions.has(name)) throw new Error(`two shapes are called ${name}`);
    definitions.set(name, schema);
    return name;
  };

  for (const shape of namedShapes) define(shape.name, converter.define(shape));

  const written = new Map<unknown, string>();
  /** A shape with a name is referred to; methods that share a nameless one share its definition too. */
  const message = (name: string, schema: Row['params']): string => {
    const converted = converter.convert(schema);
    if (refName(converted) !== undefined) return define(name, converted);
    const first = written.get(schema);
    written.set(schema, first ?? name);
    return define(name, first === undefined ? converted : refTo(first));
  };
  const rows = table.map((row: Row): RowModel => {
    const name = pascal(row.name);
    const params = message(`${name}Params`, row.params);
    const shared = { row, name, params, errors: errorsOf(row) };
    return row.kind === 'request' ? { ...shared, result: message(`${name}Result`, row.result) } : shared;
  });

  const errors = (Object.entries(errorRegistry) as [ErrorKind, ErrorRow][]).map(([kind, row]): ErrorModel => {
    const details = converter.convert(row.details);
    const definition = define(`${pascal(kind)}Data`, errorData(kind, row, details));
    const { code, message: text, hint, retryable } = row;
    return { kind, code, message: text, hint, retryable, details, definition };
  });

  const events = (definitions.get('Event')?.anyOf ?? []).map((part) => {
    const shape = definitions.get(part.$ref?.split('/').at(-1) ?? '');
    return String(shape?.properties?.['type']?.const);
  });
  return { definitions: Object.fromEntries(definitions), rows, errors, events };
}
