import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createMessageConnection, SocketMessageReader, SocketMessageWriter } from 'vscode-jsonrpc/node';
import { interleaved, micros, percentile, row } from './measure.mjs';
import { inScratchZone } from './scratch.mjs';

const server = fileURLToPath(new URL('./echoServer.mjs', import.meta.url));

/** Round trip of `ping`, against an echo through vscode-jsonrpc in a process of its own. */
export function ping() {
  return inScratchZone(async ({ folder, open }) => {
    const path = join(folder, 'echo');
    const child = spawn(process.execPath, [server, path], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const socket = createConnection(path);
    await once(socket, 'connect');
    const echo = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
    echo.listen();
    const khlone = await open();
    const works = { ours: () => khlone.ping(), bare: () => echo.sendRequest('echo', {}) };
    try {
      await interleaved({ blocks: 2, perBlock: 1000, ...works });
      const { ours, bare } = await interleaved({ blocks: 20, perBlock: 500, ...works });
      return [0.5, 0.99].map((p) => {
        const [a, b] = [percentile(ours, p), percentile(bare, p)];
        return row({
          name: `ping, p${p * 100}, against a bare vscode-jsonrpc echo`,
          limit: 2,
          value: a / b,
          unit: 'x',
          detail: `${micros(a)} against ${micros(b)}`,
        });
      });
    } finally {
      await khlone.close();
      echo.dispose();
      socket.destroy();
      child.stdin.end();
      await once(child, 'exit');
    }
  });
}
