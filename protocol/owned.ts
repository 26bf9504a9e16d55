import { lstatSync, statSync, type Stats } from 'node:fs';

/** What a path is to be. */
export type OwnKind = 'folder' | 'file' | 'socket';

/** Result of looking at a path; `reason` completes "PATH is not safe to use: …". */
export type OwnCheck = { state: 'absent' } | { state: 'safe' } | { state: 'unsafe'; reason: string };

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0');

/** Why these facts do not make a path one user's own; undefined when they do. */
export function ownershipFault(stats: Stats, kind: OwnKind, uid: number): string | undefined {
  if (stats.isSymbolicLink()) return 'it is a symbolic link';
  const right = { folder: stats.isDirectory(), file: stats.isFile(), socket: stats.isSocket() }[kind];
  if (!right) return `it is not a ${kind}`;
  if (stats.uid !== uid) return `it belongs to user ${stats.uid}, not to user ${uid}`;
  const loose = kind === 'folder' ? (stats.mode & 0o777) !== 0o700 : (stats.mode & 0o077) !== 0;
  if (loose) return `its mode is ${octal(stats.mode)}`;
  return undefined;
}

/** Looks at a path itself, never through a link: is it this user's alone? */
export function checkOwn(path: string, kind: OwnKind, uid: number): OwnCheck {
  return look(
    () => lstatSync(path, { throwIfNoEntry: false }),
    (stats) => ownershipFault(stats, kind, uid),
  );
}

/** Looks at a folder that others may use too: nobody else can replace this user's files in it. */
export function checkShared(path: string, uid: number): OwnCheck {
  return look(
    () => statSync(path, { throwIfNoEntry: false }),
    (stats) => {
      if (!stats.isDirectory()) return 'it is not a folder';
      if (stats.uid !== uid && stats.uid !== 0) return `it belongs to user ${stats.uid}, not to user ${uid}`;
      const open = (stats.mode & 0o022) !== 0 && (stats.mode & 0o1000) === 0;
      return open ? `its mode is ${octal(stats.mode)}, so that others may replace files in it` : undefined;
    },
  );
}

function look(read: () => Stats | undefined, judge: (stats: Stats) => string | undefined): OwnCheck {
  let stats: Stats | undefined;
  try {
    stats = read();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    if (code === 'ENOENT' || code === 'ENOTDIR') return { state: 'absent' };
    return { state: 'unsafe', reason: `it cannot be read (${code})` };
  }
  if (stats === undefined) return { state: 'absent' };
  const reason = judge(stats);
  return reason === undefined ? { state: 'safe' } : { state: 'unsafe', reason };
}
