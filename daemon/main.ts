import { parseArgs } from 'node:util';
import { runDaemon } from './run.js';

const { values } = parseArgs({ options: { zone: { type: 'string' }, foreground: { type: 'boolean' } } });

await runDaemon(values);
