/** The part of JSON Schema draft-07 that the table's shapes come out as. */
export interface JsonSchema {
  $ref?: string;
  type?: 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object' | 'null';
  description?: string;
  const?: string | number | boolean;
  enum?: string[];
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  anyOf?: JsonSchema[];
  allOf?: JsonSchema[];
}

/** Named schemas that refer to each other by `#/definitions/<name>`. */
export type Definitions = Readonly<Record<string, JsonSchema>>;

const prefix = '#/definitions/';

/** A reference to a named schema. */
export const refTo = (name: string): JsonSchema => ({ $ref: `${prefix}${name}` });

/** The name a reference stands for; undefined where the schema is none. */
export function refName(schema: JsonSchema): string | undefined {
  return schema.$ref?.startsWith(prefix) ? schema.$ref.slice(prefix.length) : undefined;
}

/** Follows references and lone `allOf` wrappers to the schema that says something itself. */
export function resolve(schema: JsonSchema, definitions: Definitions): JsonSchema {
  const name = refName(schema);
  if (name !== undefined) {
    const target = definitions[name];
    if (target === undefined) throw new Error(`no definition ${name}`);
    return resolve(target, definitions);
  }
  const [only, ...others] = schema.allOf ?? [];
  return only !== undefined && others.length === 0 ? resolve(only, definitions) : schema;
}

/** Every member of an object schema, those it takes over from another one included. */
export function membersOf(schema: JsonSchema, definitions: Definitions): Map<string, MemberSchema> {
  const own = resolve(schema, definitions);
  const members = new Map<string, MemberSchema>();
  for (const part of own.allOf ?? [])
    for (const [name, member] of membersOf(part, definitions)) members.set(name, member);
  for (const [name, member] of Object.entries(own.properties ?? {}))
    members.set(name, { schema: member, required: own.required?.includes(name) ?? false });
  return members;
}

/** One member of an object schema. */
export interface MemberSchema {
  readonly schema: JsonSchema;
  readonly required: boolean;
}
