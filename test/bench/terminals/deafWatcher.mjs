import { createConnection } from 'node:net';
import { once } from 'node:events';
import { encodeFrame } from '../../../dist/protocol/wire/frames.js';

/** A watcher that attaches and then reads nothing at all any more, not even what the kernel holds for it. */
export async function deafWatcher(path, who) {
  const socket = createConnection(path);
  await once(socket, 'connect');
  const clientInfo = { name: 'deaf', version: '1' };
  const call = (id, method, params) => socket.write(encodeFrame({ jsonrpc: '2.0', id, method, params }).text);
  call(1, 'initialize', { protocolVersion: 1, clientInfo });
  call(2, 'stream/attach', { who, mode: 'watch' });
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (text.includes('"id":2')) break;
  }
  if (!text.includes('"snapshot"')) throw new Error(`the watcher was not let in: ${text}`);
  socket.pause();
  return { close: () => socket.destroy() };
}
