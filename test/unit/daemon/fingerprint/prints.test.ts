import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Prints, type PrintsOptions } from '../../../../daemon/fingerprint/prints.js';
import { TreeFolder } from '../../../support/tree.js';

let zone: TreeFolder;
beforeEach(() => {
  zone = new TreeFolder();
  zone.write({ 'a.txt': 'one\ntwo\nthree\n', 'src/b.ts': 'let b = 1;\n', 'src/deep/c.ts': 'let c = 1;\n' });
});
afterEach(() => zone[Symbol.dispose]());

interface Watched {
  readonly prints: Prints;
  readonly mark: number;
  /** What changed, as `kind path`. */
  readonly changes: () => string[];
}

/** Prints that have looked once. With `read` they have read what is there, too. */
function watched(options: Partial<PrintsOptions> & { readonly read?: boolean } = {}): Watched {
  const { read = true, ...rest } = options;
  const prints = new Prints({ root: zone.path, ...rest });
  const { mark } = prints.take();
  if (read) while (prints.hashSome(Number.MAX_SAFE_INTEGER));
  const changes = (): string[] =>
    prints
      .compare(mark)
      .changes.map(({ path, kind }) => `${kind} ${path}`)
      .sort();
  return { prints, mark, changes };
}

describe('what changed', () => {
  it('is nothing where nothing did, however often it is looked at', () => {
    const { changes, prints, mark } = watched();
    readFileSync(zone.at('a.txt'));
    expect(changes()).toEqual([]);
    expect(prints.compare(mark)).toEqual({ changes: [], total: 0, partial: undefined });
  });

  const one: readonly [string, () => void, string[]][] = [
    ['a new file', () => zone.write({ 'src/new.ts': 'x' }), ['added src/new.ts']],
    [
      'a new folder with all in it',
      () => zone.write({ 'new/deep/x.ts': 'x' }),
      ['added new', 'added new/deep', 'added new/deep/x.ts'],
    ],
    ['an empty folder', () => mkdirSync(zone.at('empty')), ['added empty']],
    ['a file that is gone', () => rmSync(zone.at('a.txt')), ['removed a.txt']],
    [
      'a folder that is gone, with all in it',
      () => rmSync(zone.at('src'), { recursive: true }),
      ['removed src', 'removed src/b.ts', 'removed src/deep', 'removed src/deep/c.ts'],
    ],
    ['another content', () => zone.write({ 'src/b.ts': 'let b = 2222;\n' }), ['changed src/b.ts']],
    [
      'another content of the same length',
      () => zone.write({ 'src/b.ts': 'let b = 2;\n' }),
      ['changed src/b.ts'],
    ],
    ['other rights of a file', () => chmodSync(zone.at('a.txt'), 0o600), ['mode a.txt']],
    ['other rights of a folder', () => chmodSync(zone.at('src'), 0o700), ['mode src']],
    [
      'a file by another name',
      () => renameSync(zone.at('a.txt'), zone.at('z.txt')),
      ['added z.txt', 'removed a.txt'],
    ],
    [
      'a file by the name of another',
      () => renameSync(zone.at('a.txt'), zone.at('src/b.ts')),
      ['changed src/b.ts', 'removed a.txt'],
    ],
    [
      'a file in place of a folder',
      () => {
        rmSync(zone.at('src'), { recursive: true });
        zone.write({ src: 'x' });
      },
      ['changed src', 'removed src/b.ts', 'removed src/deep', 'removed src/deep/c.ts'],
    ],
    [
      'a link in place of a file',
      () => {
        rmSync(zone.at('a.txt'));
        symlinkSync('src/b.ts', zone.at('a.txt'));
      },
      ['changed a.txt'],
    ],
    [
      'a hard link, which lets the file be written by another name',
      () => linkSync(zone.at('a.txt'), zone.at('h')),
      ['added h', 'touched a.txt'],
    ],
  ];
  it.each(one)('tells of %s', (_, change, expected) => {
    const { changes } = watched();
    change();
    expect(changes()).toEqual(expected);
  });

  it('tells of a write that was undone, with the times put back', () => {
    utimesSync(zone.at('a.txt'), 1_000, 1_000);
    const { changes } = watched();
    const content = readFileSync(zone.at('a.txt'));
    zone.write({ 'a.txt': 'spoilt' });
    writeFileSync(zone.at('a.txt'), content);
    utimesSync(zone.at('a.txt'), 1_000, 1_000);
    expect(changes()).toEqual(['touched a.txt']);
  });

  it('tells of a file that came and went', () => {
    const { changes } = watched();
    zone.write({ 'src/brief.ts': 'x' });
    rmSync(zone.at('src/brief.ts'));
    expect(changes()).toEqual(['touched src']);
  });

  it('tells of a file that another look has seen come and go', () => {
    const { prints, changes } = watched();
    zone.write({ 'src/brief.ts': 'x' });
    const { mark } = prints.take();
    rmSync(zone.at('src/brief.ts'));
    expect(changes()).toEqual(['touched src/brief.ts']);
    expect(prints.compare(mark).changes).toEqual([{ path: 'src/brief.ts', kind: 'removed' }]);
  });

  it('says only that it was written where the earlier content was not read', () => {
    const { changes } = watched({ read: false });
    zone.write({ 'src/b.ts': 'let b = 2;\n' });
    expect(changes()).toEqual(['written src/b.ts']);
  });

  it('follows no link, out of the zone or in it', () => {
    using outside = new TreeFolder();
    outside.write({ secret: 'x' });
    symlinkSync(outside.path, zone.at('out'));
    symlinkSync('.', zone.at('loop'));
    const { changes } = watched();
    outside.write({ secret: 'y', more: 'z' });
    expect(changes()).toEqual([]);
    rmSync(zone.at('out'));
    symlinkSync('/elsewhere', zone.at('out'));
    // The folder's own time may be told as well, where the new link has the old one's inode.
    expect(changes()).toContain('changed out');
  });

  it('shows nothing of a folder that a link was put in the place of', () => {
    using outside = new TreeFolder();
    outside.write({ 'b.ts': 'secret\n' });
    const { changes, prints, mark } = watched();
    renameSync(zone.at('src'), zone.at('moved'));
    symlinkSync(outside.path, zone.at('src'));
    expect(changes()).toContain('changed src');
    const all = prints.compare(mark).changes.map(({ path }) => path);
    expect(prints.diff(mark, all).text).not.toContain('secret');
  });

  it('takes names that are no UTF-8', () => {
    const name = Buffer.concat([Buffer.from(`${zone.path}/x`), Buffer.from([0xff, 0xfe])]);
    writeFileSync(name, 'one');
    const { changes } = watched();
    expect(changes()).toEqual([]);
    writeFileSync(name, 'two');
    expect(changes()).toEqual(['changed x\uFFFD\uFFFD']);
  });

  it('leaves out what is none of the zone', () => {
    zone.write({ 'state/db': 'x' });
    const { changes } = watched({ except: [zone.at('state')] });
    zone.write({ 'state/db': 'y', 'state/more': 'z' });
    expect(changes()).toEqual([]);
  });

  it('says that it is partial past its bound, and tells of the rest alike', () => {
    const { changes, prints, mark } = watched({ bounds: { entries: 3 } });
    expect(prints.compare(mark).partial).toBe('the zone holds more than 3 files and folders');
    expect(changes()).toEqual([]);
    zone.write({ 'a.txt': 'changed' });
    expect(changes()).toEqual(['changed a.txt']);
  });

  it('gives up in time', () => {
    const prints = new Prints({ root: zone.path, bounds: { lookMs: -1 } });
    expect(prints.take().partial).toBe('a look took longer than -1 ms');
  });

  it('does not mix up the prints of several asks', () => {
    const { prints, mark, changes } = watched();
    zone.write({ first: 'x' });
    const later = prints.take();
    zone.write({ second: 'x' });
    expect(changes()).toEqual(['added first', 'added second']);
    expect(prints.compare(later.mark).changes).toEqual([{ path: 'second', kind: 'added' }]);
    prints.release(mark);
    zone.write({ third: 'x' });
    expect(prints.compare(later.mark).total).toBe(2);
    expect(() => prints.compare(mark)).toThrow(`there is no print ${mark}`);
  });
});

describe('in a repository', () => {
  beforeEach(() => {
    zone.git('init', '-q');
    zone.git('add', '.');
    zone.git('commit', '-qm', 'one');
  });

  it('tells of what git keeps: HEAD, refs, what is staged, configuration, hooks', () => {
    const { changes } = watched();
    zone.git('config', 'core.fsmonitor', 'evil');
    zone.write({ '.git/hooks/post-checkout': 'evil' });
    zone.git('branch', 'other');
    expect(changes()).toEqual(
      expect.arrayContaining([
        'changed .git/config',
        'added .git/hooks/post-checkout',
        'added .git/refs/heads/other',
      ]),
    );
    zone.git('symbolic-ref', 'HEAD', 'refs/heads/other');
    expect(changes()).toContain('changed .git/HEAD');
    zone.write({ new: 'x' });
    zone.git('add', 'new');
    expect(changes()).toContain('changed .git/index');
  });

  it.each([2, 4])(
    'does not tell that git has looked again at what is staged, in an index of version %i',
    (version) => {
      zone.git('update-index', '--index-version', String(version));
      const { changes } = watched();
      const { ino } = statSync(zone.at('.git/index'));
      const later = new Date(Date.now() + 60_000);
      utimesSync(zone.at('a.txt'), later, later);
      zone.git('status');
      // The control: git did write its index.
      expect(statSync(zone.at('.git/index')).ino).not.toBe(ino);
      expect(readFileSync(zone.at('.git/index')).readUInt32BE(4)).toBe(version);
      expect(changes()).toEqual(['touched a.txt']);
      zone.git('rm', '-q', '--cached', 'src/deep/c.ts');
      expect(changes()).toContain('changed .git/index');
    },
  );

  it('shows a diff against what git has', () => {
    const { prints, mark } = watched();
    zone.write({ 'a.txt': 'one\n2\nthree\n', fresh: 'a\nb' });
    const paths = prints.compare(mark).changes.map(({ path }) => path);
    expect(prints.diff(mark, paths)).toEqual({
      text: [
        '--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n',
        '--- /dev/null\n+++ b/fresh\n@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n',
      ].join(''),
      truncated: false,
    });
  });

  it('tells of sizes where nobody knows what was there', () => {
    zone.write({ loose: 'untracked\n' });
    const { prints, mark } = watched();
    zone.write({ loose: 'other\n', binary: new Uint8Array([0, 1, 2]) });
    const paths = prints.compare(mark).changes.map(({ path }) => path);
    expect(prints.diff(mark, paths).text).toBe(
      '# binary: added, nothing to 3 bytes\n# loose: changed, 10 bytes to 6 bytes\n',
    );
  });

  it('runs nothing that the repository names', () => {
    using elsewhere = new TreeFolder();
    const ran = elsewhere.at('ran');
    for (const [key, value] of [
      ['core.fsmonitor', `touch ${ran}; false`],
      ['core.pager', `touch ${ran}; cat`],
      ['filter.evil.smudge', `touch ${ran}; cat`],
      ['filter.evil.clean', `touch ${ran}; cat`],
      ['diff.evil.textconv', `touch ${ran}; cat`],
    ] as const)
      zone.git('config', key, value);
    zone.write({ '.gitattributes': '* filter=evil diff=evil\n' });
    const { prints, mark } = watched();
    zone.write({ 'a.txt': 'other\n' });
    const paths = prints.compare(mark).changes.map(({ path }) => path);
    expect(prints.diff(mark, paths).text).toContain('-one\n');
    expect(existsSync(ran)).toBe(false);
    // The control: a plain git does.
    zone.git('status');
    expect(existsSync(ran)).toBe(true);
  });

  it('tells of what a linked worktree keeps elsewhere', () => {
    using elsewhere = new TreeFolder();
    const linked = elsewhere.at('w');
    zone.git('worktree', 'add', '-q', linked);
    const prints = new Prints({ root: linked });
    const { mark } = prints.take();
    zone.git('config', 'core.editor', 'evil');
    zone.git('branch', 'other');
    // Where a later git keeps the refs.
    zone.write({ '.git/reftable/tables.list': '0x1-0x2.ref' });
    writeFileSync(zone.at('.git/worktrees/w/HEAD'), 'ref: refs/heads/other\n');
    const paths = prints.compare(mark).changes.map(({ path }) => path);
    for (const name of ['config', 'refs/heads/other', 'reftable/tables.list', 'worktrees/w/HEAD'])
      expect(paths).toContain(zone.at(`.git/${name}`));
    // The index of the other worktree is none of this one's.
    expect(paths).not.toContain(zone.at('.git/index'));
  });
});
