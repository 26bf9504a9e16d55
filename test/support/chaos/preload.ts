import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Compiles a file of this folder to a library for `LD_PRELOAD`, in `folder`. Linux only. @throws what the compiler says */
export async function preload(source: string, folder: string): Promise<string> {
  const library = join(folder, source.replace(/\.c$/, '.so'));
  const args = ['-shared', '-fPIC', '-O1', '-o', library, join(import.meta.dirname, source), '-ldl'];
  await promisify(execFile)('gcc', args);
  return library;
}
