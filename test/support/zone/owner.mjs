// A program that owns a zone and nothing more: what the daemon does around its start, from the compiled parts.
// Whoever connects is told who it is, and is then let go. KHLONE_TEST_START chooses how the start goes.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { closeInherited } from '../../../dist/daemon/holder/program/inherited.js';
import { takeReadyChannel } from '../../../dist/daemon/zone/ready.js';
import { claimZone } from '../../../dist/daemon/zone/owner.js';
import { resolveZone } from '../../../dist/protocol/zone.js';
import { fail } from '../../../dist/protocol/fail.js';

const channel = takeReadyChannel(process.env);
closeInherited(new Set([0, 1, 2, channel.fd ?? 0]));
const start = process.env.KHLONE_TEST_START ?? 'serve';

const descriptors = () => {
  const found = {};
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      found[fd] = readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // The descriptor of this very listing.
    }
  }
  return found;
};

if (start === 'crash') process.exit(3);
if (start === 'die') process.kill(process.pid, 'SIGKILL');
if (start === 'hang') setInterval(() => undefined, 1000);
else {
  try {
    if (start === 'fail') throw fail('databaseNewer', { path: '/x/khlone.db', found: 9, supported: 1 });
    const zone = resolveZone(process.argv[3]);
    const claim = claimZone({ zone, env: process.env });
    const about = {
      pid: process.pid,
      session: Number(readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[3]),
      cwd: process.cwd(),
      env: process.env,
    };
    await claim.listen({
      onConnection: (socket) => {
        socket.on('error', () => undefined);
        socket.end(JSON.stringify({ ...about, descriptors: descriptors() }));
      },
    });
    channel.ready(claim.paths.socket);
    process.once('SIGTERM', () => {
      claim.dispose();
      process.exit(0);
    });
  } catch (error) {
    channel.failed(error);
    process.exitCode = 1;
  }
}
