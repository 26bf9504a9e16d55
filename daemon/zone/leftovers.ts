import { lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ZonePaths } from '../../protocol/zone.js';

/** Names that sockets have until they listen; see socket.ts. */
const unnamedSocket = /^\.[0-9a-z]{3}$/;

/**
 * Takes away what a daemon left that died in the middle of a start: a socket that had no name yet, a `zone.json` that was
 * not whole. The caller holds the zone's locks, so nobody is in the middle of one now.
 */
export function removeLeftovers({ socket, socketFolders, info }: ZonePaths): void {
  remove(`${info}.new`);
  // In a folder of the user's choice a name of this kind may be anybody's.
  if (socketFolders.length === 0) return;
  const folder = dirname(socket);
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (unnamedSocket.test(name) && lstatSync(path, { throwIfNoEntry: false })?.isSocket()) remove(path);
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Not there, which is what is wanted; or not to be removed, and in nobody's way.
  }
}
