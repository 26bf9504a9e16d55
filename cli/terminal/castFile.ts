import { open, type FileHandle } from 'node:fs/promises';
import { usageError } from '../failure.js';
import type { Output } from '../output.js';

/** Where the lines of a recording go. */
export interface CastSink extends AsyncDisposable {
  /** Appends whole lines; what is there is valid at any time. */
  append(lines: string): Promise<void>;
}

/** Writes to stdout. */
export function castToOutput(out: Output): CastSink {
  return {
    async append(lines) {
      out.write(lines);
      await out.flush();
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Makes the file, for its owner's eyes only. @throws invalidParams when it exists and is not to be replaced, or cannot be made */
export async function castToFile(path: string, replace: boolean): Promise<CastSink> {
  let file: FileHandle;
  try {
    file = await open(path, replace ? 'w' : 'wx', 0o600);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    if (code === 'EEXIST') throw usageError(`${path} exists already`, 'Choose another name, or add --force.');
    throw usageError(`${path} cannot be written (${code})`, 'Choose another place.');
  }
  return new CastFile(file);
}

class CastFile implements CastSink {
  readonly #file: FileHandle;
  #length = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async append(lines: string): Promise<void> {
    const bytes = Buffer.from(lines);
    try {
      await this.#file.appendFile(bytes);
    } catch (error) {
      // A full disk takes a part of a line, which no player would read.
      await this.#file.truncate(this.#length).catch(() => undefined);
      throw error;
    }
    this.#length += bytes.length;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file.close();
  }
}
