import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KhloneError } from '../../../protocol/error.js';
import { errorRegistry, type ErrorKind } from '../../../protocol/errors.js';
import {
  currentUid,
  inspectSocket,
  parseZoneInfo,
  resolveZone,
  socketPathLimit,
  stateHome,
  zonePaths,
} from '../../../protocol/zone.js';

let folder: string;
const uid = currentUid();

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'khlone-')));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function failure(run: () => unknown): KhloneError {
  try {
    run();
  } catch (error) {
    if (error instanceof KhloneError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The error has the registry's code, and details of the registry's shape. */
function expectKind(error: KhloneError, kind: ErrorKind): void {
  const row = errorRegistry[kind];
  expect(error).toMatchObject({ kind, code: row.code, retryable: row.retryable });
  expect(row.details.strict().safeParse(error.details).success).toBe(true);
  expect(error.message).not.toContain('{');
}

describe('resolveZone', () => {
  const inside = (...parts: string[]): string => {
    const path = join(folder, ...parts);
    mkdirSync(path, { recursive: true });
    return path;
  };

  test('is the nearest folder upwards with a .git folder', () => {
    inside('repo', '.git');
    const zone = resolveZone(inside('repo', 'a', 'b'));
    expect(zone.root).toBe(join(folder, 'repo'));
    expect(zone.id).toBe(createHash('sha256').update(zone.root).digest('hex').slice(0, 16));
  });

  test('takes a .git file, as a linked worktree and a submodule have, and so the inner of two', () => {
    inside('repo', '.git');
    const inner = inside('repo', 'sub');
    writeFileSync(join(inner, '.git'), 'gitdir: ../.git/modules/sub\n');
    expect(resolveZone(inside('repo', 'sub', 'deep')).root).toBe(inner);
  });

  test('is the folder itself without a .git above', () => {
    expect(resolveZone(inside('plain')).root).toBe(join(folder, 'plain'));
  });

  test('is one zone by whatever path it is named', () => {
    const real = inside('real');
    symlinkSync(real, join(folder, 'link'));
    expect(resolveZone(join(folder, 'link'))).toEqual(resolveZone(`${real}/../real/.`));
  });

  test('refuses what is missing or no directory', () => {
    writeFileSync(join(folder, 'file'), '');
    for (const [path, reason] of [
      ['missing', 'it does not exist'],
      ['file', 'it is not a directory'],
      ['file/below', 'it is not a directory'],
    ] as const) {
      const error = failure(() => resolveZone(join(folder, path)));
      expectKind(error, 'zoneInvalid');
      expect(error.details).toEqual({ path: join(folder, path), reason });
    }
  });
});

describe('zonePaths', () => {
  const zone = { root: '/repo', id: '0123456789abcdef' };
  const paths = (env: NodeJS.ProcessEnv): ReturnType<typeof zonePaths> =>
    zonePaths({ zone, env: { HOME: '/home/u', ...env }, uid });
  const runtime = (mode: number): string => {
    const path = join(folder, 'run');
    mkdirSync(path);
    chmodSync(path, mode);
    return path;
  };

  test('state follows KHLONE_HOME, XDG_STATE_HOME, HOME, in this order', () => {
    expect(stateHome({ KHLONE_HOME: '/k/', XDG_STATE_HOME: '/x', HOME: '/h' })).toBe('/k');
    expect(stateHome({ KHLONE_HOME: '', XDG_STATE_HOME: '/x', HOME: '/h' })).toBe('/x/khlone');
    expect(stateHome({ XDG_STATE_HOME: 'relative', HOME: '/h' })).toBe('/h/.local/state/khlone');
    expect(stateHome({})).toBe(join(userInfo().homedir, '.local/state/khlone'));
  });

  test('everything but the socket lies in the state folder of the zone', () => {
    const stateDir = '/k/zones/0123456789abcdef';
    expect(paths({ KHLONE_HOME: '/k' })).toMatchObject({
      stateDir,
      stateFolders: ['/k', '/k/zones', stateDir, `${stateDir}/brains`, `${stateDir}/log`],
      db: `${stateDir}/khlone.db`,
      brains: `${stateDir}/brains`,
      log: `${stateDir}/log`,
      lock: `${stateDir}/lock`,
      info: `${stateDir}/zone.json`,
    });
  });

  test('the socket lies in XDG_RUNTIME_DIR when that is private and ours', () => {
    const run = runtime(0o700);
    const base = join(run, 'khlone');
    expect(paths({ XDG_RUNTIME_DIR: run })).toMatchObject({
      socket: join(base, zone.id, 's'),
      socketLock: join(base, zone.id, 's.lock'),
      socketFolders: [base, join(base, zone.id)],
    });
  });

  test('an XDG_RUNTIME_DIR that fails a check is left for /tmp', () => {
    const fallback = `/tmp/khlone-${uid}/${zone.id}/s`;
    const run = runtime(0o700);
    symlinkSync(run, join(folder, 'link'));
    writeFileSync(join(folder, 'file'), '');
    for (const bad of ['', 'relative', join(folder, 'missing'), join(folder, 'link'), join(folder, 'file')]) {
      expect(paths({ XDG_RUNTIME_DIR: bad }).socket).toBe(fallback);
    }
    expect(paths({}).socket).toBe(fallback);
    chmodSync(run, 0o750);
    expect(paths({ XDG_RUNTIME_DIR: run }).socket).toBe(fallback);
    chmodSync(run, 0o700);
    const other = zonePaths({ zone, env: { HOME: '/h', XDG_RUNTIME_DIR: run }, uid: uid + 1 });
    expect(other.socket).toBe(`/tmp/khlone-${uid + 1}/${zone.id}/s`);
  });

  test('KHLONE_SOCKET overrides, in a folder that is not ours to make', () => {
    expect(paths({ KHLONE_SOCKET: '/somewhere/k.sock' })).toMatchObject({
      socket: '/somewhere/k.sock',
      socketFolders: [],
    });
  });

  test('a relative override is refused, since the daemon has another working directory', () => {
    for (const env of [{ KHLONE_SOCKET: 'k.sock' }, { KHLONE_HOME: 'state' }]) {
      expectKind(
        failure(() => paths(env)),
        'pathUnsafe',
      );
    }
  });

  test('a socket of 100 bytes is taken, one of 101 is refused; bytes count, not characters', () => {
    const fits = `/${'x'.repeat(socketPathLimit - 1)}`;
    expect(paths({ KHLONE_SOCKET: fits }).socket).toBe(fits);
    const error = failure(() => paths({ KHLONE_SOCKET: `/${'é'.repeat(50)}` }));
    expectKind(error, 'pathTooLong');
    expect(error.details).toMatchObject({ bytes: 101, limit: 100 });
  });
});

describe('inspectSocket', () => {
  test('is absent while a folder or the socket is missing', () => {
    const base = join(folder, 'khlone');
    const place = { socket: join(base, 's'), socketFolders: [base] };
    expect(inspectSocket(place, uid)).toBe('absent');
    mkdirSync(base, { mode: 0o700 });
    expect(inspectSocket(place, uid)).toBe('absent');
  });

  test('refuses folders open to others, of somebody else, or linked', () => {
    const base = join(folder, 'khlone');
    mkdirSync(base);
    chmodSync(base, 0o755);
    const place = { socket: join(base, 's'), socketFolders: [base] };
    const open = failure(() => inspectSocket(place, uid));
    expectKind(open, 'pathUnsafe');
    expect(open.details).toEqual({ path: base, reason: 'its mode is 0755' });
    chmodSync(base, 0o700);
    expect(failure(() => inspectSocket(place, uid + 1)).details['reason']).toContain('belongs to user');
    symlinkSync(base, join(folder, 'link'));
    const linked = { socket: join(folder, 'link', 's'), socketFolders: [join(folder, 'link')] };
    expect(failure(() => inspectSocket(linked, uid)).details['reason']).toBe('it is a symbolic link');
  });

  test('refuses what is no socket', () => {
    writeFileSync(join(folder, 's'), '', { mode: 0o600 });
    const error = failure(() => inspectSocket({ socket: join(folder, 's'), socketFolders: [folder] }, uid));
    expect(error.details).toEqual({ path: join(folder, 's'), reason: 'it is not a socket' });
  });

  test("a folder of the user's choice may be shared only where nobody else can replace files", () => {
    const place = { socket: join(folder, 's'), socketFolders: [] };
    chmodSync(folder, 0o1777);
    expect(inspectSocket(place, uid)).toBe('absent');
    chmodSync(folder, 0o777);
    expect(failure(() => inspectSocket(place, uid)).details['reason']).toContain('others may replace');
  });
});

test('parseZoneInfo takes a whole zone.json and nothing less', () => {
  const info = { root: '/r', socket: '/s', pid: 7, startedAt: '2026-01-01T00:00:00.000Z', version: '0.1.0' };
  expect(parseZoneInfo(JSON.stringify({ ...info, more: 1 }))).toEqual(info);
  for (const name of Object.keys(info)) {
    expect(parseZoneInfo(JSON.stringify({ ...info, [name]: undefined }))).toBeUndefined();
  }
  for (const text of ['', 'null', '[]', '{', JSON.stringify({ ...info, pid: 0 })]) {
    expect(parseZoneInfo(text)).toBeUndefined();
  }
});
