import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));

/** Compiled files have no type imports any more: what is left is loaded, or may be loaded lazily. */
const specifier =
  /(?:^|[\s;}])(?:import|export)\s*(?:[\w*{}\s,$]+\sfrom\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

interface Reach {
  /** Files of ours, relative to dist/. */
  readonly files: ReadonlySet<string>;
  /** Packages and Node's own modules. */
  readonly packages: ReadonlySet<string>;
}

/** Everything a compiled file leads to, lazily loaded files included. */
function reach(entry: string): Reach {
  const files = new Set<string>();
  const packages = new Set<string>();
  const open = [join(dist, entry)];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const name = relative(dist, path);
    if (files.has(name)) continue;
    files.add(name);
    for (const [, fixed, lazy] of readFileSync(path, 'utf8').matchAll(specifier)) {
      const found = fixed ?? lazy ?? '';
      if (found.startsWith('.')) open.push(join(dirname(path), found));
      else packages.add(found);
    }
  }
  return { files, packages };
}

const roomsOf = ({ files }: Reach): Set<string> =>
  new Set([...files].map((file) => file.split('/')[0] ?? file));

describe('what the compiled programs load', () => {
  it('follows static, lazy and re-exported imports', () => {
    const { files, packages } = reach('daemon/main.js');
    expect(packages).toContain('zod');
    expect(packages).toContain('better-sqlite3');
    expect(files.size).toBeGreaterThan(30);
    for (const file of files) expect(existsSync(join(dist, file)), file).toBe(true);
  });

  it.each(['client/index.js', 'cli/main.js', 'protocol/index.js'])('%s never reaches zod', (entry) => {
    expect([...reach(entry).packages]).not.toContain('zod');
  });

  it.each([
    { entry: 'protocol/index.js', rooms: ['protocol'] },
    { entry: 'client/index.js', rooms: ['client', 'protocol'] },
    { entry: 'cli/main.js', rooms: ['cli', 'client', 'protocol'] },
    { entry: 'daemon/main.js', rooms: ['daemon', 'protocol'] },
  ])('$entry stays in its rooms', ({ entry, rooms }) => {
    for (const room of roomsOf(reach(entry))) expect(rooms).toContain(room);
  });

  it('the demo program needs nothing but Node and its own folder', () => {
    const { files, packages } = reach('daemon/brains/demo/program.js');
    expect([...files].filter((file) => !file.startsWith('daemon/brains/demo/'))).toEqual([]);
    expect([...packages].filter((name) => !name.startsWith('node:'))).toEqual([]);
  });

  it('the holder needs nothing but Node and its own folder; the terminal library is loaded by its name', () => {
    const { files, packages } = reach('daemon/holder/program/main.js');
    expect([...files].filter((file) => !file.startsWith('daemon/holder/program/'))).toEqual([]);
    expect([...packages].filter((name) => !name.startsWith('node:'))).toEqual([]);
  });

  it('the command line brings no database and no lock along', () => {
    const { packages } = reach('cli/main.js');
    expect([...packages].filter((name) => !name.startsWith('node:')).toSorted()).toEqual([
      '@xterm/headless',
      'commander',
    ]);
  });
});
