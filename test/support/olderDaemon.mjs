// A daemon whose brains are under holders of the first release. Only their program is older: what it asks of them is what
// a daemon of today does, and what they do about it is what they did then.
import children from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';

const own = fileURLToPath(new URL('../../dist/daemon/holder/program/main.js', import.meta.url));
const older = fileURLToPath(new URL('./olderHolder.mjs', import.meta.url));

const { spawn } = children;
children.spawn = (program, args, options) =>
  spawn(program, Array.isArray(args) ? args.map((arg) => (arg === own ? older : arg)) : args, options);
syncBuiltinESMExports();

await import('../../dist/daemon/main.js');
