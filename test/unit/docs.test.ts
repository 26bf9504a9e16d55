import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../../cli/exit.js';
import { verbs } from '../../cli/verbs.js';
import { errorRegistry } from '../../protocol/errors.js';
import { isBrainVariable } from '../../protocol/brainVariables.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const documents = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, found]) => found ?? '');

/** Anchors as GitHub makes them from headings. */
const anchorsOf = (text: string): string[] => [
  ...matches(text, /<a (?:id|name)="([^"]+)"/g),
  ...matches(text, /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  ),
];

/** The part of a document below a heading of the second level. */
function section(text: string, heading: string): string {
  const [, body] = text.split(`\n## ${heading}\n`);
  if (body === undefined) throw new Error(`there is no section ${heading}`);
  return body.split('\n## ')[0] ?? '';
}

describe.each(documents)('%s', (document) => {
  const text = read(document);

  it('links to what is there', () => {
    for (const target of matches(text, /\]\(([^)\s]+)\)/g)) {
      if (target.startsWith('https://')) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? document : join(dirname(document), path);
      expect(existsSync(join(root, file)), `${document} links to ${target}`).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(read(file)), target).toContain(anchor);
    }
  });

  it('names commands that exist', () => {
    const known = verbs.map(({ name }) => name);
    for (const verb of matches(text, /(?:`|^)khlone ([a-z]+)/gm)) expect(known).toContain(verb);
  });
});

// The reference is full of method names, which look like paths.
describe.each(documents.filter((name) => name !== 'docs/protocol.md'))('%s', (document) => {
  it('names files and folders that exist', () => {
    const paths = matches(read(document), /`((?:protocol|daemon|client|cli|test|docs)\/[\w./-]+)`/g);
    for (const path of paths) {
      const there = existsSync(join(root, path)) || existsSync(join(root, `${path}.ts`));
      expect(there, `${document} names ${path}`).toBe(true);
    }
  });
});

describe('docs/operations.md', () => {
  const text = read('docs/operations.md');

  it('has the exit codes of the command line', () => {
    const rows = [...section(text, 'Exit codes').matchAll(/^\| (\d+) +\| (.+?) +\|$/gm)];
    expect(rows.map(([, code, means]) => ({ code: Number(code), means }))).toEqual(Object.values(exitCodes));
  });

  it('helps with errors that exist', () => {
    const kinds = matches(section(text, 'Troubleshooting'), /^\| `(\w+)`/gm);
    expect(kinds.length).toBeGreaterThan(5);
    for (const kind of kinds) expect(Object.keys(errorRegistry)).toContain(kind);
  });
});

describe('docs/security.md', () => {
  it('lists variables that are let through', () => {
    const body = section(read('docs/security.md'), 'What a brain gets to see');
    const listed = matches(body, /`([A-Z][A-Z_]*\*?)`/g);
    expect(listed.length).toBeGreaterThan(20);
    for (const pattern of listed) {
      const name = pattern.replace('*', 'SAMPLE');
      expect(isBrainVariable(name), pattern).toBe(true);
    }
  });
});

describe('docs/architecture.md', () => {
  it('gives a reason for each dependency at run time, and for no other', () => {
    const body = section(read('docs/architecture.md'), 'Dependencies at run time');
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    const named = matches(body, /^\| ([a-z@][\w@/-]*) +\| /gm).filter((name) => name !== 'package');
    expect(named.toSorted()).toEqual(Object.keys(dependencies).toSorted());
  });

  it('has a row for each room of the daemon', () => {
    const rooms = readdirSync(join(root, 'daemon'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    const named = matches(section(read('docs/architecture.md'), 'Rooms'), /^\| `daemon\/(\w+)\/`/gm);
    expect(named.toSorted()).toEqual(rooms.map(({ name }) => name).toSorted());
  });
});
