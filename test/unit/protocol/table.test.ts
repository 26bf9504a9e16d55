import { describe, expect, it } from 'vitest';
import { errorRegistry } from '../../../protocol/errors.js';
import { sampleParams } from '../../../protocol/generate/examples.js';
import { commonErrors, type Row } from '../../../protocol/row.js';
import { table } from '../../../protocol/table.js';
import { supportedVersions } from '../../../protocol/version.js';

const rows: readonly Row[] = table;
const names = rows.map(({ name }) => name);
/** A state that tests set up themselves, since no call makes it. */
const setups = ['$approval'];

describe.each(rows.map((row) => ({ name: row.name, row })))('$name', ({ row }) => {
  it('says what it does, since when, and how far to rely on it', () => {
    expect(row.summary).toMatch(/^[A-Z].*\.$/);
    expect(['stable', 'experimental']).toContain(row.stability);
    expect(supportedVersions).toContain(row.since);
    expect(row.capability).toMatch(/^[a-z][a-zA-Z]*$/);
  });

  it('lists kinds of the registry, each once, and not the common ones', () => {
    const errors = row.kind === 'request' ? row.errors : [];
    expect(new Set(errors).size).toBe(errors.length);
    for (const kind of errors) expect(Object.keys(errorRegistry)).toContain(kind);
    for (const kind of commonErrors) expect(errors).not.toContain(kind);
  });

  it('has an example that fits its own shapes', () => {
    expect(row.params.safeParse(sampleParams(row)).error?.issues).toBeUndefined();
    if (row.kind === 'request')
      expect(row.result.safeParse(row.example.result).error?.issues).toBeUndefined();
  });

  it('leaves no reference in its example unresolved', () => {
    expect(JSON.stringify(sampleParams(row))).not.toMatch(/"\$[a-z]/);
  });

  it('needs only examples that come before its own', () => {
    const after = row.example.after ?? [];
    for (const name of after) expect([...names, ...setups]).toContain(name);
    expect(after).not.toContain(row.name);
    const references = JSON.stringify(row.example.params).matchAll(/"\$([a-z]+\/[a-z]+)\./g);
    for (const [, name] of references) expect(after).toContain(name);
  });
});

describe('the table', () => {
  it('has every name once', () => {
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the error registry', () => {
  const entries = Object.entries(errorRegistry);
  const standard = [-32700, -32600, -32601, -32602, -32603, -32800];

  it('has every code once', () => {
    const codes = entries.map(([, { code }]) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it.each(entries)('%s has a code that is the standard’s own or outside what others use', (_, { code }) => {
    // -32000 to -32019 are taken by JSON-RPC libraries and the language server protocol.
    const own = code <= -32020 && code >= -32099;
    expect(own !== standard.includes(code)).toBe(true);
  });

  it.each(entries)('%s fills its texts from its own details and says what to do', (_, row) => {
    const used = [...`${row.message} ${row.hint}`.matchAll(/\{(\w+)\}/g)].map(([, member]) => member);
    for (const member of used) expect(Object.keys(row.details.shape)).toContain(member);
    expect(row.hint).not.toBe('');
  });
});
