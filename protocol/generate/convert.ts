import type { z } from 'zod';
import { ignoreOverride, zodToJsonSchema } from 'zod-to-json-schema';
import type { NamedShape } from './names.js';
import { type JsonSchema, refName, refTo } from './jsonSchema.js';

type Def = Readonly<Record<string, unknown>> & { readonly description?: string };

const defOf = (schema: z.ZodTypeAny): Def => schema._def as Def;

/** A described copy of a zod schema shares every part of its definition except the description. */
function sameShape(a: Def, b: Def): boolean {
  if (a === b) return true;
  const keys = (def: Def): string[] => Object.keys(def).filter((key) => key !== 'description');
  return keys(a).length === keys(b).length && keys(a).every((key) => a[key] === b[key]);
}

const bodyOf = ({ properties, required }: JsonSchema): string => JSON.stringify([properties, required]);

const shapeOf = (def: Def): Record<string, z.ZodTypeAny> | undefined =>
  def['typeName'] === 'ZodObject' ? (def['shape'] as () => Record<string, z.ZodTypeAny>)() : undefined;

/**
 * Converts zod schemas to JSON Schema in which every named shape is a reference. Objects stay open; what the
 * converter does not know would come out as `{}`, and a test refuses that.
 */
export class Converter {
  readonly #named: readonly NamedShape[];
  /** Names of object shapes by their members. */
  readonly #bodies = new Map<string, string>();

  constructor(named: readonly NamedShape[]) {
    this.#named = named;
    for (const shape of named) {
      const schema = this.define(shape);
      if (Object.keys(schema.properties ?? {}).length > 1) this.#bodies.set(bodyOf(schema), shape.name);
    }
  }

  /** The schema of a named shape itself, its parts as references. */
  define(shape: NamedShape): JsonSchema {
    return this.#run(shape.schema, defOf(shape.schema));
  }

  /** A schema for any place: a reference where the shape has a name. */
  convert(schema: z.ZodTypeAny): JsonSchema {
    return this.#run(schema, undefined);
  }

  #run(schema: z.ZodTypeAny, root: Def | undefined): JsonSchema {
    const raw = zodToJsonSchema(schema, {
      target: 'jsonSchema7',
      $refStrategy: 'none',
      removeAdditionalStrategy: 'strict',
      override: (def) => (def === root ? ignoreOverride : this.#replace(def as Def)),
    }) as JsonSchema & { $schema?: string };
    delete raw.$schema;
    return this.#tidy(raw, root !== undefined);
  }

  #replace(def: Def): JsonSchema | typeof ignoreOverride {
    const same = this.#named.find(({ schema }) => sameShape(defOf(schema), def));
    if (same !== undefined) {
      const description = def.description;
      return description === undefined ? refTo(same.name) : { ...refTo(same.name), description };
    }
    return this.#extension(def) ?? ignoreOverride;
  }

  /** `Usage.extend({…})` as Usage and the rest, so that the members are said once. */
  #extension(def: Def): JsonSchema | undefined {
    const shape = shapeOf(def);
    if (shape === undefined) return undefined;
    for (const { name, schema } of this.#named) {
      const base = shapeOf(defOf(schema));
      if (base === undefined || name === 'Empty') continue;
      if (!Object.entries(base).every(([key, member]) => shape[key] === member)) continue;
      const own = Object.entries(shape).filter(([key]) => !(key in base));
      return {
        allOf: [
          refTo(name),
          {
            type: 'object',
            properties: Object.fromEntries(own.map(([key, member]) => [key, this.convert(member)])),
            required: own.filter(([, member]) => !member.isOptional()).map(([key]) => key),
            additionalProperties: true,
          },
        ],
      };
    }
    return undefined;
  }

  #tidy(schema: JsonSchema, isDefinition = false): JsonSchema {
    const tidy = { ...this.#refWithWords(schema) };
    if (tidy.properties !== undefined)
      tidy.properties = Object.fromEntries(
        Object.entries(tidy.properties).map(([name, member]) => [name, this.#tidy(member)]),
      );
    if (tidy.items !== undefined) tidy.items = this.#tidy(tidy.items);
    if (tidy.anyOf !== undefined) tidy.anyOf = tidy.anyOf.map((part) => this.#tidy(part));
    if (tidy.allOf !== undefined) tidy.allOf = tidy.allOf.map((part) => this.#tidy(part));
    if (typeof tidy.additionalProperties === 'object') {
      const open = Object.keys(tidy.additionalProperties).length === 0;
      tidy.additionalProperties = open ? true : this.#tidy(tidy.additionalProperties);
    }
    // Validators read the format of a UUID differently, or not at all; zod takes exactly this.
    if (tidy.format === 'uuid')
      tidy.pattern = '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$';
    if (isDefinition || tidy.properties === undefined) return tidy;
    const same = this.#bodies.get(bodyOf(tidy));
    if (same === undefined) return tidy;
    return this.#refWithWords(
      tidy.description === undefined ? refTo(same) : { ...refTo(same), description: tidy.description },
    );
  }

  /** Draft-07 ignores what stands beside a reference, so words of its own need a wrapper. */
  #refWithWords(schema: JsonSchema): JsonSchema {
    const name = refName(schema);
    if (name === undefined || schema.description === undefined) return schema;
    const target = this.#named.find((shape) => shape.name === name);
    if (target?.schema.description === schema.description) return refTo(name);
    return { description: schema.description, allOf: [refTo(name)] };
  }
}
