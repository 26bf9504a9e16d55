import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { generateFiles } from '../../../protocol/generate/files.js';
import type { Methods } from '../../../protocol/generated/types.js';
import { errorRegistry } from '../../../protocol/errors.js';
import { errorRows } from '../../../protocol/generated/errors.js';
import type { ErrorDetails as GeneratedDetails, ErrorKind } from '../../../protocol/generated/errors.js';
import type { ErrorDetails } from '../../../protocol/errors.js';
import { type MethodName, type RequestOf, table } from '../../../protocol/table.js';
import { packageVersion } from '../../../protocol/version.js';

const root = join(import.meta.dirname, '../../..');
const files = await generateFiles();

type Same<A, B> = [A, B] extends [B, A] ? true : [A, B];

/** Does not compile where a generated type and the zod shape it comes from are not the same type. */
type MethodTypes = {
  [N in MethodName]: [
    Same<Methods[N]['params'], z.input<RequestOf<N>['params']>>,
    Same<Methods[N]['result'], z.input<RequestOf<N>['result']>>,
  ];
};
const sameMethods: { [N in keyof MethodTypes]: [true, true] } extends MethodTypes ? true : MethodTypes = true;
/** Kinds without details are stricter in the generated types: `{}` would take anything. */
const sameErrors: { [K in ErrorKind]: GeneratedDetails<K> extends ErrorDetails<K> ? true : K }[ErrorKind] =
  true;

describe('generated files', () => {
  it.each([...files.keys()])('%s is what the table says', (path) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(files.get(path));
  });

  it.each([...files].map(([path, text]) => ({ path, head: text.slice(0, 200) })))(
    '$path says that it is not to be edited',
    ({ head }) => {
      expect(head).toContain('Do not edit.');
    },
  );

  it('have the types of the table', () => {
    expect([sameMethods, sameErrors]).toEqual([true, true]);
    const types = files.get('protocol/generated/types.ts') ?? '';
    for (const { name } of table) expect(types).toMatch(new RegExp(`^  '?${name}'?: \\{ params: `, 'm'));
  });

  it('have the rows of the error registry', () => {
    const rows = Object.entries(errorRegistry).map(([kind, { code, message, hint, retryable }]) => [
      kind,
      { code, message, hint, retryable },
    ]);
    expect(errorRows).toEqual(Object.fromEntries(rows));
  });
});

describe('packageVersion', () => {
  it('is that of package.json', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(packageVersion).toBe(version);
  });
});
