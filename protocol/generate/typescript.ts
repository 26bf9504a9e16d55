import { type Definitions, type JsonSchema, refName } from './jsonSchema.js';

/** Names that read better written out where they are used. */
const written: Readonly<Record<string, string>> = {
  Count: 'number',
  JsonObject: 'Record<string, unknown>',
  Meta: 'Record<string, unknown>',
};

/** What every generated file begins with, in its own kind of comment. */
export const generatedNote = 'Generated from protocol/table.ts by `npm run generate`. Do not edit.';

/** First line of every generated TypeScript file. */
export const doNotEdit = `// ${generatedNote}\n\n`;

/** A doc comment; empty for no words. */
export function doc(text: string | undefined): string {
  if (text === undefined || text === '') return '';
  const lines = text.replaceAll('*/', '* /').split('\n');
  return lines.length === 1
    ? `/** ${lines[0]} */\n`
    : `/**\n${lines.map((line) => ` * ${line}\n`).join('')} */\n`;
}

function members(schema: JsonSchema): string {
  const lines = Object.entries(schema.properties ?? {}).map(([name, member]) => {
    const required = schema.required?.includes(name) ?? false;
    const key = /^\w+$/.test(name) ? name : JSON.stringify(name);
    const type = typeOf(member);
    return `${doc(member.description)}${key}${required ? '' : '?'}: ${type}${required ? '' : ' | undefined'};\n`;
  });
  return `{\n${lines.join('')}}`;
}

const record = ({ additionalProperties }: JsonSchema): string =>
  `Record<string, ${typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown'}>`;

const parenthesised = (type: string): string => (/[|&]/.test(type) ? `(${type})` : type);

/** The TypeScript type of a schema. Throws at what it does not know, rather than write `unknown`. */
export function typeOf(schema: JsonSchema): string {
  const name = refName(schema);
  if (name !== undefined) return written[name] ?? name;
  if (schema.allOf !== undefined) return schema.allOf.map((part) => parenthesised(typeOf(part))).join(' & ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'number':
      return schema.type;
    case 'integer':
      return 'number';
    case 'array':
      return `${parenthesised(typeOf(schema.items ?? {}))}[]`;
    case 'object':
      return schema.properties === undefined ? record(schema) : members(schema);
    default:
      throw new Error(`no TypeScript type for ${JSON.stringify(schema)}`);
  }
}

/** The exported declaration of a named schema; undefined for one that is written out instead. */
export function declaration(name: string, definitions: Definitions, words?: string): string | undefined {
  if (name in written) return undefined;
  const schema = definitions[name];
  if (schema === undefined) throw new Error(`no definition ${name}`);
  const isObject = schema.type === 'object' && schema.properties !== undefined;
  return isObject
    ? `${doc(schema.description ?? words)}export interface ${name} ${members(schema)}\n`
    : `${doc(schema.description ?? words)}export type ${name} = ${typeOf(schema)};\n`;
}
