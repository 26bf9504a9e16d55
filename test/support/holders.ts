import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Holders, type HoldersOptions } from '../../daemon/holder/holders.js';

/** The compiled holder: what is tested is what is shipped. */
export const holderProgram = join(import.meta.dirname, '../../dist/daemon/holder/program/main.js');

/** The holder of the first release, with no feature bits. */
export const olderHolderProgram = join(import.meta.dirname, 'olderHolder.mjs');

/** Unlike that of holders, and of this process. */
export const stageUmask = 0o013;

/** A folder of its own with the daemon's side of holders, as often as a test wants one: each is a daemon's. */
export class HolderStage implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'khlone-'));
  readonly #all: Holders[] = [];

  open(options: Partial<HoldersOptions> = {}): Holders {
    const holders = new Holders({
      folder: this.folder,
      program: holderProgram,
      umask: stageUmask,
      ...options,
    });
    this.#all.push(holders);
    return holders;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((holders) => holders.close()));
    // What was handed over from one to another, or left behind.
    const last = this.open();
    await (
      await last.find()
    ).ended;
    await last.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
