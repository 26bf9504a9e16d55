import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cgroups } from '../../daemon/holder/cgroups.js';
import { Holders } from '../../daemon/holder/holders.js';

/** The compiled holder: what is tested is what is shipped. */
export const holderProgram = join(import.meta.dirname, '../../dist/daemon/holder/program/main.js');

/** Unlike that of holders, and of this process. */
export const stageUmask = 0o013;

/** A folder of its own with the daemon's side of holders, as often as a test wants one: each is a daemon's. */
export class HolderStage implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'khlone-'));
  readonly #all: Holders[] = [];

  open({ folder = this.folder, cgroups }: { folder?: string; cgroups?: Cgroups } = {}): Holders {
    const given = { folder, program: holderProgram, umask: stageUmask };
    const holders = new Holders({ ...given, ...(cgroups && { cgroups }) });
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
