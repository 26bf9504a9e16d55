import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { preload } from './preload.js';

/** Kinds of calls that can be made to fail; the bits of diskFaults.c. */
const bits = { write: 1, sync: 2, open: 4, change: 8, read: 16 } as const;

/** A kind of call: writes, syncs, opens, changes of names and sizes, and reads. */
type CallKind = keyof typeof bits;

/** Which calls fail, with what, when and for how long. */
export interface FaultOrder {
  readonly calls: readonly CallKind[];
  readonly error: 'EIO' | 'ENOSPC' | 'EMFILE';
  /** Calls of these kinds that go through first. */
  readonly skip: number;
  /** Calls that fail then; until `lift` when left out. */
  readonly count?: number;
}

/** Makes the disk of a daemon fail, below one folder, while it runs. */
export class DiskFaults implements Disposable {
  /** What a daemon is to have in its environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly #fd: number;

  private constructor(library: string, control: string, below: string) {
    this.#fd = openSync(control, 'w+', 0o600);
    writeSync(this.#fd, Buffer.alloc(20));
    this.env = { LD_PRELOAD: library, KHLONE_TEST_FAULTS: control, KHLONE_TEST_FAULTS_BELOW: below };
  }

  /** Compiles what fails the calls on files below a folder; it needs `scratch` for files of its own. */
  static async below(folder: string, scratch: string): Promise<DiskFaults> {
    return new DiskFaults(await preload('diskFaults.c', scratch), join(scratch, 'faults'), folder);
  }

  /** From now on calls fail. */
  arm({ calls, error, skip, count = 2 ** 31 - 1 }: FaultOrder): void {
    this.lift();
    const order = Buffer.alloc(20);
    order.writeInt32LE(constants.errno[error], 4);
    order.writeInt32LE(skip, 8);
    order.writeInt32LE(count, 12);
    writeSync(this.#fd, order, 4, 16, 4);
    order.writeUInt32LE(
      calls.reduce((all, kind) => all | bits[kind], 0),
      0,
    );
    // Last: from here on it is in force.
    writeSync(this.#fd, order, 0, 4, 0);
  }

  /** From now on everything goes through. Answers with how many calls have failed. */
  lift(): number {
    writeSync(this.#fd, Buffer.alloc(4), 0, 4, 0);
    const hits = Buffer.alloc(4);
    readSync(this.#fd, hits, 0, 4, 16);
    return hits.readUInt32LE();
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
