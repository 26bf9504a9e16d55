import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import formatsModule from 'ajv-formats';
import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { Converter } from '../../../protocol/generate/convert.js';
import type { Definitions, JsonSchema } from '../../../protocol/generate/jsonSchema.js';
import { refTo } from '../../../protocol/generate/jsonSchema.js';
import { buildModel } from '../../../protocol/generate/model.js';
import { namedShapes } from '../../../protocol/generate/names.js';
import { schemaFiles } from '../../../protocol/schemaFiles.js';
import { Who } from '../../../protocol/shapes/common.js';
import { arbitraryOf, mutated, overTheWire } from '../../support/arbitrary.js';

const addFormats = formatsModule.default;
const document = JSON.parse(readFileSync(schemaFiles.schema, 'utf8')) as {
  $id: string;
  definitions: Definitions;
};

function compiler(options: { unicode: boolean }): (name: string) => ValidateFunction {
  const ajv = new Ajv({ strict: true, logger: false, ...options });
  addFormats(ajv);
  ajv.addSchema(document);
  return (name) => ajv.compile({ $ref: `${document.$id}#/definitions/${name}` });
}

/** Counts lengths in UTF-16 units, as the daemon does. */
const asTheDaemonCounts = compiler({ unicode: false });
/** Counts lengths in code points, as the standard says. */
const asTheStandardCounts = compiler({ unicode: true });

const cases = buildModel().rows.flatMap(({ row, params, result }) => {
  const list: { name: string; definition: string; schema: z.ZodTypeAny }[] = [
    { name: `${row.name} params`, definition: params, schema: row.params },
  ];
  if (row.kind === 'request' && result !== undefined)
    list.push({ name: `${row.name} result`, definition: result, schema: row.result });
  return list;
});

const runs = 300;

function values(definition: string): Arbitrary<unknown> {
  const schema: JsonSchema = refTo(definition);
  const { definitions } = document;
  const good = arbitraryOf(schema, { definitions });
  return fc
    .oneof(good, arbitraryOf(schema, { definitions, breakOneIn: 20 }), {
      weight: 2,
      arbitrary: mutated(good),
    })
    .map(overTheWire);
}

describe('zod and ajv', () => {
  it.each(cases)('give one verdict on $name', ({ definition, schema }) => {
    const validate = asTheDaemonCounts(definition);
    const standard = asTheStandardCounts(definition);
    const verdicts = { accepted: 0, rejected: 0 };
    fc.assert(
      fc.property(values(definition), (value) => {
        const { success } = schema.safeParse(value);
        verdicts[success ? 'accepted' : 'rejected'] += 1;
        expect(validate(value)).toBe(success);
        // Code points are never more than UTF-16 units: what the daemon takes, every validator takes.
        if (success) expect(standard(value)).toBe(true);
      }),
      { numRuns: runs },
    );
    expect(verdicts.accepted).toBeGreaterThan(runs / 10);
    expect(verdicts.rejected).toBeGreaterThan(runs / 10);
  });

  it.each(cases)('take every value made to fit $name', ({ definition, schema }) => {
    const validate = asTheDaemonCounts(definition);
    const good = arbitraryOf(refTo(definition), { definitions: document.definitions }).map(overTheWire);
    fc.assert(
      fc.property(good, (value) => {
        expect(schema.safeParse(value).error?.issues).toBeUndefined();
        expect(validate(value)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('differ on the length of characters outside the BMP, and only there, by the standard count', () => {
    const text = '\u{1f600}'.repeat(300);
    expect(Who.safeParse(text).success).toBe(false);
    expect(asTheDaemonCounts('Who')(text)).toBe(false);
    expect(asTheStandardCounts('Who')(text)).toBe(true);
  });

  it('would be told apart by the same check if one bound were wrong', () => {
    const converter = new Converter(namedShapes);
    const wrong = { ...converter.define({ name: 'Who', schema: Who }), maxLength: 399 };
    const validate = new Ajv({ unicode: false, logger: false }).compile(wrong);
    const check = (): void =>
      fc.assert(
        fc.property(values('Who'), (value) => validate(value) === Who.safeParse(value).success),
        { numRuns: 2000 },
      );
    expect(check).toThrow(/Property failed/);
  });
});
