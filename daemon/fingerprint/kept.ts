import {
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Keep } from './messages.js';
import type { StoredPrint } from './prints.js';

/** Shape of the files; another one is not read. */
const format = 1;

/** The file that the others are names of, as long as nothing in the zone differs. */
const latest = 'latest';

/**
 * The prints of asks that are on, each in a file of the zone's state: a daemon that goes on with an ask which an earlier
 * one began compares with what that saw. They outlive the daemon, not the machine, as the asks do: nothing waits for
 * the disk.
 */
export class KeptPrints {
  readonly #folder: string;
  /** Which version of what is known the file `latest` has. */
  #version: number | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Keeps a print under its key; writes it only where it is another one than the last. @throws what the system says */
  keep({ key, since }: Keep, version: number, print: () => StoredPrint): void {
    const [whole, own] = [join(this.#folder, latest), join(this.#folder, `${key}.${since}`)];
    this.drop(key);
    if (this.#version === version && sameFile(whole, own)) return;
    this.#version = undefined;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    // A reader finds all of it or none.
    writeFileSync(`${whole}.new`, serialize({ format, print: print() }), { mode: 0o600 });
    renameSync(`${whole}.new`, whole);
    if (!sameFile(whole, own)) throw new Error(`${own} could not be made`);
    this.#version = version;
  }

  /** The print that was kept under a key, and what was noted with it. @throws where there is none that can be read */
  read(key: string): { readonly since: number; readonly print: StoredPrint } {
    const [name] = namesOf(this.#folder).filter((each) => keyOf(each) === key);
    if (name === undefined) throw new Error('how the zone was before was not kept');
    const kept = deserialize(readFileSync(join(this.#folder, name))) as {
      format: number;
      print: StoredPrint;
    };
    if (kept.format !== format) throw new Error('how the zone was before was kept by another release');
    return { since: Number(name.slice(key.length + 1)), print: kept.print };
  }

  /** Forgets what was kept under a key. */
  drop(key: string): void {
    forget(this.#folder, (name) => keyOf(name) === key);
  }
}

/** Forgets all prints but those of these keys: they are of asks that ended with their daemon. */
export function sweepPrints(folder: string, keys: ReadonlySet<string>): void {
  forget(folder, (name) => !keys.has(keyOf(name)));
}

function forget(folder: string, which: (name: string) => boolean): void {
  for (const name of namesOf(folder).filter(which)) rmSync(join(folder, name), { force: true });
}

const keyOf = (name: string): string => name.replace(/\.[^.]*$/, '');

function namesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // None was ever kept.
    return [];
  }
}

/** Gives a file another name, or copies it where a file can have only one; false where it is not there. */
function sameFile(path: string, name: string): boolean {
  for (const make of [linkSync, copyFileSync]) {
    try {
      make(path, name);
      return true;
    } catch {
      // The other way may do.
    }
  }
  return false;
}
