import { lstatSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { isFolder, isSame, width } from './entry.js';
import type { Path } from './path.js';

/** A folder's entries as two threads share them. */
export interface Scouted {
  readonly id: number;
  readonly paths: readonly Path[];
  /** What is known of each entry; only the thread that looks writes it. */
  readonly row: Float64Array;
  /** The last look at which each entry was found to be as it is known; only the scout writes it. */
  readonly seen: Int32Array;
}

/** What a scout is told. */
export type ToScout =
  | { readonly type: 'know'; readonly folders: readonly Scouted[] }
  | { readonly type: 'forget'; readonly ids: readonly number[] }
  | { readonly type: 'look'; readonly look: number };

/** Looks at a tree's entries from its other end, while somebody looks at it from the beginning. */
export interface Scout {
  tell(message: ToScout): void;
  /** Which look is on; 0 for none. */
  readonly look: Int32Array;
}

/** What a scout knows, and its half of a look. */
export class Scouting {
  readonly #look: Int32Array;
  readonly #folders = new Map<number, Scouted>();

  constructor(look: Int32Array) {
    this.#look = look;
  }

  hear(message: ToScout): void {
    switch (message.type) {
      case 'know':
        for (const folder of message.folders) this.#folders.set(folder.id, folder);
        return;
      case 'forget':
        for (const id of message.ids) this.#folders.delete(id);
        return;
      case 'look':
        return this.#run(message.look);
    }
  }

  #run(look: number): void {
    for (const { paths, row, seen } of [...this.#folders.values()].reverse()) {
      for (let index = paths.length - 1; index >= 0; index--) {
        if (Atomics.load(this.#look, 0) !== look) return;
        const mode = row[index * width] ?? 0;
        const path = paths[index];
        // Folders, and what is not known yet, are for the one who goes into them.
        if (mode === 0 || isFolder(mode) || typeof path !== 'string') continue;
        if (isAsKnown(path, row, index)) Atomics.store(seen, index, look);
      }
    }
  }
}

function isAsKnown(path: string, row: Float64Array, index: number): boolean {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat !== undefined && isSame(row, index, stat);
  } catch {
    return false;
  }
}

/** A scout in a thread of its own; where that fails, there is none, and whoever looks does all of it. */
export function threadScout(program: URL): Scout {
  const look = new Int32Array(new SharedArrayBuffer(4));
  let worker: Worker | undefined = new Worker(program, {
    name: 'scout',
    workerData: look,
    env: {},
    execArgv: [],
  });
  worker.unref();
  const gone = (): void => {
    worker = undefined;
  };
  worker.on('error', gone);
  worker.on('exit', gone);
  return { look, tell: (message) => worker?.postMessage(message, []) };
}
