// A daemon whose asks have no sandbox, so that the other layers are seen alone. No variable of a user's does this.
import { parseArgs } from 'node:util';
import { runDaemon } from '../../dist/daemon/run.js';
import { noSandbox } from '../../dist/daemon/sandbox/sandbox.js';

const { values } = parseArgs({ options: { zone: { type: 'string' } } });
await runDaemon({ ...values, sandbox: noSandbox('a test') });
