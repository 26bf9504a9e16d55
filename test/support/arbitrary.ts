import fc, { type Arbitrary } from 'fast-check';
import type { Definitions, JsonSchema } from '../../protocol/generate/jsonSchema.js';
import { resolve } from '../../protocol/generate/jsonSchema.js';

/** How to make values of a schema. */
export interface ArbitraryOptions {
  readonly definitions: Definitions;
  /** One in so many leaves breaks its schema by a hair: a bound, a length, a pattern, a value of an enum. Never, by default. */
  readonly breakOneIn?: number;
}

const atMost = (limit: number | undefined, most: number): number => Math.min(limit ?? most, most);

/** Letters of one, two, three and four bytes: the last takes two UTF-16 units. */
const letters = ['a', 'é', '€', '\u{1f600}'];

const ofLength = (units: number): Arbitrary<string> =>
  fc.constantFrom(...letters).map((letter) => {
    const text = letter.repeat(Math.floor(units / letter.length));
    return text + 'z'.repeat(units - text.length);
  });

function goodString(schema: JsonSchema): Arbitrary<string> {
  if (schema.pattern !== undefined) return fc.stringMatching(new RegExp(schema.pattern));
  const minLength = schema.minLength ?? 0;
  const short = fc.string({ unit: 'binary', minLength, maxLength: atMost(schema.maxLength, 20) });
  // A full unit of `binary` may take two UTF-16 units.
  const fitting = short.filter((text) => text.length <= (schema.maxLength ?? Infinity));
  return schema.maxLength === undefined || schema.maxLength > 10_000
    ? fitting
    : fc.oneof({ weight: 9, arbitrary: fitting }, { weight: 1, arbitrary: ofLength(schema.maxLength) });
}

function brokenString(schema: JsonSchema): Arbitrary<unknown> {
  const { pattern, minLength, maxLength } = schema;
  return fc.oneof(
    fc.constantFrom<unknown>(0, null, false, [], {}),
    ...(pattern === undefined
      ? []
      : [
          fc.string({ unit: 'binary' }),
          goodString(schema).map((text) => `${text}\n`),
          goodString(schema).map((text) => ` ${text}`),
          goodString(schema).map((text) => text.slice(1)),
          goodString(schema).map((text) => `${text}é`),
        ]),
    ...(maxLength === undefined ? [] : [ofLength(maxLength + 1), ofLength(maxLength)]),
    ...((minLength ?? 0) > 0 ? [fc.constant('')] : []),
  );
}

function goodNumber(schema: JsonSchema): Arbitrary<number> {
  if (schema.type === 'number')
    return fc.double({ min: schema.minimum ?? -1e9, max: schema.maximum ?? 1e9, noNaN: true });
  const min = schema.minimum ?? Number.MIN_SAFE_INTEGER;
  const max = schema.maximum ?? Number.MAX_SAFE_INTEGER;
  return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max));
}

const brokenNumber = ({ minimum, maximum }: JsonSchema): Arbitrary<unknown> =>
  fc.constantFrom<unknown>(
    0.5,
    -1,
    -0,
    1e21,
    1e300,
    2 ** 53,
    '1',
    null,
    ...(minimum === undefined ? [] : [minimum - 1]),
    ...(maximum === undefined ? [] : [maximum + 1, maximum + 0.5]),
  );

/** Makes JSON values of the part of JSON Schema that is emitted. Throws at a schema it does not know. */
export function arbitraryOf(schema: JsonSchema, options: ArbitraryOptions): Arbitrary<unknown> {
  const { breakOneIn } = options;
  const leaf = (good: Arbitrary<unknown>, broken: Arbitrary<unknown>): Arbitrary<unknown> =>
    breakOneIn === undefined
      ? good
      : fc.oneof({ weight: breakOneIn - 1, arbitrary: good }, { weight: 1, arbitrary: broken });
  const inner = (part: JsonSchema): Arbitrary<unknown> => arbitraryOf(part, options);

  const own = resolve(schema, options.definitions);
  if (own.anyOf !== undefined)
    return leaf(fc.oneof(...own.anyOf.map(inner)), fc.constantFrom(null, 1, 'other', {}));
  if (own.allOf !== undefined)
    return fc.tuple(...own.allOf.map(inner)).map((parts) => Object.assign({}, ...parts) as unknown);
  if (own.const !== undefined) return leaf(fc.constant(own.const), fc.constantFrom('other', null));
  if (own.enum !== undefined)
    return leaf(
      fc.constantFrom(...own.enum),
      fc.constantFrom<unknown>('other', '', 1, own.enum[0]?.toUpperCase()),
    );
  switch (own.type) {
    case 'string':
      return leaf(goodString(own), brokenString(own));
    case 'integer':
    case 'number':
      return leaf(goodNumber(own), brokenNumber(own));
    case 'boolean':
      return leaf(fc.boolean(), fc.constantFrom<unknown>('true', 0, null));
    case 'array':
      return leaf(goodArray(own, inner), brokenArray(own, inner));
    case 'object':
      return leaf(own.properties === undefined ? recordOf(own, inner) : objectOf(own, inner), noObject);
    default:
      throw new Error(`no arbitrary for ${JSON.stringify(own)}`);
  }
}

const noObject = fc.constantFrom<unknown>([], 'text', 1, null);

type Inner = (schema: JsonSchema) => Arbitrary<unknown>;

const goodArray = (schema: JsonSchema, inner: Inner): Arbitrary<unknown> =>
  fc.array(inner(schema.items ?? {}), {
    minLength: schema.minItems ?? 0,
    maxLength: atMost(schema.maxItems, 3),
  });

const brokenArray = ({ items, minItems = 0, maxItems }: JsonSchema, inner: Inner): Arbitrary<unknown> =>
  minItems > 0
    ? fc.constantFrom<unknown>({}, 'text', null, [])
    : maxItems === undefined
      ? fc.constantFrom<unknown>({}, 'text', null)
      : inner(items ?? {}).map((item) => Array.from({ length: maxItems + 1 }, () => item));

function recordOf({ propertyNames, additionalProperties }: JsonSchema, inner: Inner): Arbitrary<unknown> {
  const keys =
    propertyNames === undefined ? fc.string({ maxLength: 10 }) : inner({ type: 'string', ...propertyNames });
  const values = typeof additionalProperties === 'object' ? inner(additionalProperties) : fc.jsonValue();
  return fc.dictionary(keys.map(String), values, { maxKeys: 3, noNullPrototype: true });
}

function objectOf({ properties = {}, required = [] }: JsonSchema, inner: Inner): Arbitrary<unknown> {
  const members = Object.fromEntries(
    Object.entries(properties).map(([name, member]) => [name, inner(member)]),
  );
  const whole = fc.record(members, { requiredKeys: required, noNullPrototype: true });
  return fc
    .tuple(whole, fc.option(fc.jsonValue(), { freq: 10 }))
    .map(([value, extra]) => (extra === null ? value : { ...value, 'a member of the future': extra }));
}

const replacements: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  '',
  'text',
  '\ud800',
  '2026-02-30',
  [],
  {},
  [null],
];

/** Every place in a value, the value itself included, as the steps that lead to it. */
function places(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, member]) => places(member, [...path, key]))];
}

function changeAt(value: unknown, path: readonly string[], change: Change): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return change.type === 'drop' ? null : change.value;
  if (typeof value !== 'object' || value === null) return value;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>;
  if (rest.length === 0 && change.type === 'drop') delete copy[step];
  else copy[step] = changeAt(copy[step], rest, change);
  return copy;
}

type Change = { readonly type: 'drop' } | { readonly type: 'replace'; readonly value: unknown };

/** Values with one member dropped, or replaced by something of another type, at any depth. */
export function mutated(good: Arbitrary<unknown>): Arbitrary<unknown> {
  const change: Arbitrary<Change> = fc.oneof(
    fc.constant<Change>({ type: 'drop' }),
    fc.constantFrom(...replacements).map((value): Change => ({ type: 'replace', value })),
    fc.jsonValue().map((value): Change => ({ type: 'replace', value })),
  );
  // Most places are deep inside, where much is open to anything.
  const depth = fc.constantFrom(0, 1, 2, Infinity);
  return fc.tuple(good, fc.nat(), depth, change).map(([value, at, most, what]) => {
    const all = places(value).filter(({ length }) => length <= most);
    return changeAt(value, all[at % all.length] ?? [], what);
  });
}

/** A value as it is after it came over the wire. */
export const overTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;
