import { closeSync, constants, fsyncSync, ftruncateSync, renameSync, writeSync } from 'node:fs';
import { fail } from '../../protocol/fail.js';
import type { ZoneInfo } from '../../protocol/zone.js';
import { openOwnFile } from './folders.js';

/**
 * Writes `zone.json`, by which `khlone zones` finds this daemon; a reader sees the old text or the new one.
 * It stays when the daemon stops: the zone's state is still there. The caller holds the zone's lock.
 * @throws storageFailed, pathUnsafe
 */
export function writeZoneInfo(path: string, info: ZoneInfo, uid: number): void {
  const temporary = `${path}.new`;
  const fd = openOwnFile(temporary, constants.O_WRONLY, uid);
  try {
    ftruncateSync(fd);
    writeSync(fd, `${JSON.stringify(info)}\n`);
    fsyncSync(fd);
    renameSync(temporary, path);
  } catch (error) {
    throw fail('storageFailed', { reason: `${path} cannot be written (${(error as Error).message})` });
  } finally {
    closeSync(fd);
  }
}
