import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const run = (program: string, args: readonly string[]): boolean =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0;

const mount = (folder: string, size: string): boolean =>
  run('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'khlone-test', folder]);

/** Whether this user may mount: root on a Linux that allows it. */
export const canMount = ((): boolean => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'khlone-'));
  const mounted = mount(folder, '64k');
  if (mounted) run('umount', [folder]);
  rmdirSync(folder);
  return mounted;
})();

/** A file system of its own that is soon full. */
export class SmallDisk implements Disposable {
  readonly #folder: string;
  readonly #filler: string;

  /** Makes the folder and mounts on it. */
  constructor(folder: string, size: string) {
    this.#folder = folder;
    this.#filler = join(folder, 'filler');
    mkdirSync(folder, { mode: 0o700 });
    if (!mount(folder, size)) throw new Error(`cannot mount on ${folder}`);
  }

  /** Takes all the room there is left. */
  fill(): void {
    const fd = openSync(this.#filler, 'a');
    const page = Buffer.alloc(4096);
    try {
      for (;;) writeSync(fd, page);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(fd);
    }
  }

  /** Gives the room back. */
  free(): void {
    rmSync(this.#filler, { force: true });
  }

  [Symbol.dispose](): void {
    if (!run('umount', [this.#folder])) throw new Error(`cannot unmount ${this.#folder}`);
  }
}
