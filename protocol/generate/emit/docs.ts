import { commonErrors } from '../../row.js';
import { type EventType, liveOnlyTypes } from '../../shapes/event.js';
import { sampleParams } from '../examples.js';
import { type Definitions, type JsonSchema, membersOf, refName, refTo, resolve } from '../jsonSchema.js';
import type { ErrorModel, Model, RowModel } from '../model.js';
import { generatedNote } from '../typescript.js';
import { prose } from './docsProse.js';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |\n`).join('');

const code = (value: unknown): string => `\`\`\`json\n${JSON.stringify(value, undefined, 2)}\n\`\`\`\n`;

/** A type in a word or two, with a link where the shape has a section of its own. */
function typeOf(schema: JsonSchema): string {
  const name = refName(schema);
  if (name !== undefined) return `[${name}](#${name.toLowerCase()})`;
  if (schema.allOf !== undefined) return schema.allOf.map(typeOf).join(' with ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.type === 'array') return `array of ${typeOf(schema.items ?? {})}`;
  if (schema.type !== 'object') return schema.type ?? '';
  if (schema.properties === undefined)
    return typeof schema.additionalProperties === 'object'
      ? `object of ${typeOf(schema.additionalProperties)}`
      : 'object';
  const members = Object.entries(schema.properties).map(
    ([key, member]) => `${key}${schema.required?.includes(key) ? '' : '?'}: ${typeOf(member)}`,
  );
  return `{${members.join(', ')}}`;
}

function bounds(schema: JsonSchema): string {
  const said = [
    schema.minimum === undefined ? '' : `at least ${schema.minimum}`,
    schema.maximum === undefined ? '' : `at most ${schema.maximum}`,
    schema.minLength === undefined ? '' : `at least ${schema.minLength} long`,
    schema.maxLength === undefined ? '' : `at most ${schema.maxLength} long`,
    schema.maxItems === undefined ? '' : `at most ${schema.maxItems} items`,
    schema.pattern === undefined ? '' : `matches \`${schema.pattern}\``,
    schema.propertyNames?.pattern === undefined ? '' : `names match \`${schema.propertyNames.pattern}\``,
  ].filter((text) => text !== '');
  const text = said.join(', ');
  return text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

const words = (schema: JsonSchema): string =>
  [schema.description ?? '', bounds(schema)].filter((text) => text !== '').join(' ');

/** A table of members; `_meta` is everywhere and told once. */
function membersTable(schema: JsonSchema, definitions: Definitions): string {
  const members = [...membersOf(schema, definitions)].filter(([name]) => name !== '_meta');
  if (members.length === 0) return 'None.\n';
  return table(
    ['member', 'type', '', ''],
    members.map(([name, { schema: member, required }]) => [
      `\`${name}\``,
      typeOf(member),
      required ? 'required' : '',
      words(member),
    ]),
  );
}

function resultText(name: string, { definitions }: Model): string {
  const schema = definitions[name] ?? {};
  const shape = refName(schema);
  if (shape !== undefined && shape !== 'Empty' && resolve(schema, definitions).properties !== undefined)
    return `Result: ${typeOf(schema)}.\n`;
  if (resolve(schema, definitions).properties === undefined)
    return `Result: an object. ${schema.description ?? ''}\n`;
  return shape === 'Empty' ? 'Result: an empty object.\n' : `Result:\n\n${membersTable(schema, definitions)}`;
}

function methodText(model: RowModel, all: Model): string {
  const { row, params, result } = model;
  const own = row.kind === 'request' ? row.errors : [];
  const link = (kind: string): string => `[\`${kind}\`](#${kind.toLowerCase()})`;
  return [
    `### ${row.name}\n\n${row.summary}\n\n`,
    `${row.stability === 'stable' ? 'Stable' : 'Experimental'}, since version ${row.since}, capability \`${row.capability}\`.\n\n`,
    `Params:\n\n${membersTable(refTo(params), all.definitions)}\n`,
    result === undefined ? '' : `${resultText(result, all)}\n`,
    own.length === 0 ? '' : `Errors: ${own.map(link).join(', ')}.\n\n`,
    `Example params:\n\n${code(sampleParams(row))}`,
    row.kind === 'request' ? `\nExample result:\n\n${code(row.example.result)}` : '',
    '\n',
  ].join('');
}

function shapesText({ definitions, rows, errors }: Model): string {
  const others = new Set([
    ...rows.flatMap(({ params, result }) => [params, result]),
    ...errors.map(({ definition }) => definition),
    ...(definitions['Event']?.anyOf ?? []).map(refName),
    'Event',
    'Empty',
  ]);
  return Object.entries(definitions)
    .filter(([name]) => !others.has(name))
    .map(([name, schema]) => {
      const head = `### ${name}\n\n${words(schema)}\n\n`;
      return schema.properties === undefined
        ? `${head}Type: ${typeOf(schema)}.\n\n`
        : `${head}${membersTable(schema, definitions)}\n`;
    })
    .join('');
}

function eventsText({ definitions }: Model): string {
  const shapes = (definitions['Event']?.anyOf ?? []).map((part) => resolve(part, definitions));
  const rows = shapes.map((shape) => {
    const type = String(shape.properties?.['type']?.const);
    const members = Object.entries(shape.properties ?? {})
      .filter(([name]) => !['type', 'cursor', 'at', '_meta'].includes(name))
      .map(([name, member]) => `\`${name}\`${shape.required?.includes(name) ? '' : '?'} ${typeOf(member)}`);
    const live = liveOnlyTypes.has(type as EventType) ? 'live' : 'stored';
    return [`\`${type}\``, live, members.join(', '), shape.description ?? ''];
  });
  return [
    '<a id="event"></a>\n\nEvery event has `type`, `cursor` ([Cursor](#cursor)) and `at` ([Timestamp](#timestamp)). ',
    'Stored ones can be read again with `event/read`; live ones are only sent to who listens.\n\n',
    table(['type', '', 'members', ''], rows),
  ].join('');
}

function errorText({ kind, code: number, retryable, message, hint, details }: ErrorModel): readonly string[] {
  const members = Object.entries(details.properties ?? {}).map(
    ([name, member]) => `\`${name}\` ${typeOf(member)}`,
  );
  return [
    `<a id="${kind.toLowerCase()}"></a>\`${kind}\``,
    String(number),
    retryable ? 'yes' : 'no',
    message,
    hint,
    members.join(', '),
  ];
}

function errorsText({ errors }: Model): string {
  return [
    'A failed call is answered with `error {code, message, data}`, where `data` is `{kind, retryable, hint, details}`: ',
    '`kind` names the row below, `hint` is the next step to take, `retryable` says whether the same call may succeed later ',
    'without any change, and `details` has the members listed. In the texts `{member}` is filled from the details. Codes are never used for a second meaning.\n\n',
    `Any call may fail with ${commonErrors.map((kind) => `\`${kind}\``).join(', ')}. `,
    'A body that is no JSON is answered with `parseError` and a null id, a name that is no method with `methodNotFound`.\n\n',
    table(['kind', 'code', 'retryable', 'message', 'hint', 'details'], errors.map(errorText)),
  ].join('');
}

/** `docs/protocol.md`: the reference for a person who writes a client. */
export function emitDocs(model: Model): string {
  const rows = (kind: string): string =>
    model.rows
      .filter(({ row }) => row.kind === kind)
      .map((row) => methodText(row, model))
      .join('');
  const index = model.rows
    .filter(({ row }) => row.kind === 'request')
    .map(({ row }) => [`[\`${row.name}\`](#${row.name.replace(/[/.]/g, '')})`, row.summary]);
  return [
    `<!-- ${generatedNote} -->\n\n${prose}\n`,
    `## Methods\n\n${table(['method', ''], index)}\n${rows('request')}`,
    `## Notifications\n\nSent by the daemon.\n\n${rows('notification')}`,
    `## Events\n\n${eventsText(model)}\n`,
    `## Shapes\n\n${shapesText(model)}`,
    `## Errors\n\n${errorsText(model)}`,
  ].join('');
}
