// One of several processes that race for a zone, again and again, as they are told over IPC.
import { unlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { claimZone } from '../../../dist/daemon/zone/owner.js';

let held;

const sayWho = (socket) => {
  // A racer that only probes has gone before it hears the answer.
  socket.on('error', () => undefined);
  socket.end(String(process.pid));
};

const locked = async ({ zone, env }) => {
  let claim;
  try {
    claim = claimZone({ zone, env });
    await claim.listen({ onConnection: sayWho });
  } catch (error) {
    claim?.dispose();
    if (error.kind === 'zoneLocked') return 'loser';
    throw error;
  }
  held = () => claim.dispose();
  return 'owner';
};

// What many daemons do: look whether somebody answers, remove what does not, listen.
const naive = ({ path }) =>
  new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve('loser');
    });
    probe.once('error', () => {
      try {
        unlinkSync(path);
      } catch {
        // Another racer was quicker.
      }
      const server = createServer(sayWho);
      server.once('error', () => resolve('loser'));
      server.listen(path, () => {
        held = () => server.close();
        resolve('owner');
      });
    });
  });

async function obey(order) {
  if (order.do === 'release') {
    held?.();
    held = undefined;
    return { did: 'release' };
  }
  try {
    return { did: await (order.do === 'race' ? locked(order) : naive(order)) };
  } catch (error) {
    return { did: 'error', error: `${error.stack ?? error}` };
  }
}

process.on('message', (order) => void obey(order).then((report) => process.send(report)));
process.on('disconnect', () => process.exit(0));
process.send({ did: 'started' });
