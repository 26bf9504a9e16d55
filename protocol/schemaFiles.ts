import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const parent = dirname(dirname(fileURLToPath(import.meta.url)));
/** The files stand beside the sources and are not copied to `dist`. */
const folder = join(basename(parent) === 'dist' ? dirname(parent) : parent, 'protocol', 'schema');

/** Absolute paths of the machine-readable protocol, as the package ships it. */
export const schemaFiles = {
  /** OpenRPC 1.3; also what `rpc.discover` answers with. */
  openrpc: join(folder, 'openrpc.json'),
  /** JSON Schema draft-07 of every message and shape. */
  schema: join(folder, 'schema.json'),
  /** The names of all methods, events, errors and capabilities. */
  meta: join(folder, 'meta.json'),
} as const;
