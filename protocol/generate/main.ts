import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateFiles } from './files.js';

/** The repository: this file runs as dist/protocol/generate/main.js. */
const root = join(import.meta.dirname, '../../..');

function present(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const files = [...(await generateFiles())];
const differing = files.filter(([path, text]) => present(join(root, path)) !== text);

for (const [path, text] of differing) {
  if (values.check) {
    console.error(`${path} is not what the table says`);
  } else {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(`wrote ${path}`);
  }
}
if (values.check && differing.length > 0) {
  console.error('Run `npm run generate` and commit what it writes.');
  process.exitCode = 1;
}
