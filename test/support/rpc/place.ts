import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

/** A listening unix socket in a folder of its own. */
export interface Place {
  readonly path: string;
  readonly server: Server;
  remove(): Promise<void>;
}

/** Makes a unix socket to listen on; `remove` stops listening and takes the folder away. */
export async function makePlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'khlone-'));
  const path = join(folder, 's');
  const server = createServer();
  server.listen(path);
  await once(server, 'listening');
  // A client refuses a socket that others could use.
  chmodSync(path, 0o600);
  return {
    path,
    server,
    async remove() {
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Both ends of one connected unix socket. */
export async function socketPair(): Promise<{ near: Socket; far: Socket; remove(): Promise<void> }> {
  const place = await makePlace();
  const accepted = once(place.server, 'connection');
  const near = connect(place.path);
  const [far] = (await accepted) as [Socket];
  if (near.connecting) await once(near, 'connect');
  near.on('error', () => {});
  far.on('error', () => {});
  return {
    near,
    far,
    async remove() {
      near.destroy();
      far.destroy();
      await place.remove();
    },
  };
}
