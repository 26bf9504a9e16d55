import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../../client/index.js';
import { protocolVersion } from '../../../protocol/version.js';
import type { CallContext } from '../../../daemon/rpc/call.js';
import { startServer, type TestServer } from '../../support/rpc/server.js';

let server: TestServer;
let folder: string;
let greetings: Record<string, unknown>[];
let answer: (params: Record<string, unknown>) => unknown;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'khlone-'));
  greetings = [];
  answer = () => ({ protocolVersion: 1, zone: { id: 'z', root: folder } });
  server = await startServer(
    {
      initialize: (params: Record<string, unknown>, { connection }: CallContext) => {
        greetings.push(params);
        const answered = answer(params);
        connection.welcome({ name: 'test', version: '1', environment: {} });
        return answered;
      },
      'clone/list': () => ({ clones: [] }),
    },
    { maxConnections: 2 },
  );
});
afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const env = { PATH: '/bin', KHLONE_HOME: '/nowhere/khlone', SECRET: 's' };

describe('connect', () => {
  it('greets with version, name and the environment for brains, and offers the methods', async () => {
    await using khlone = await connect({ zone: folder, socket: server.path, env, autoStart: false });
    expect(greetings).toMatchObject([
      {
        protocolVersion,
        minProtocolVersion: 1,
        clientInfo: { name: 'khlone' },
        environment: { PATH: '/bin' },
      },
    ]);
    expect(Object.keys(greetings[0]?.['environment'] as object)).toEqual(['PATH']);
    expect(khlone.session).toMatchObject({ zone: { root: folder } });
    expect(khlone.startedDaemon).toBe(false);
    expect(await khlone.clone.list({})).toEqual({ clones: [] });
    expect(await khlone.ping()).toMatchObject({ at: expect.any(String) });
  });

  it('greets anew on each connection', async () => {
    await using khlone = await connect({ zone: folder, socket: server.path, env, autoStart: false });
    const [connection] = server.rpc.connections;
    connection?.destroy();
    await connection?.closed;
    await expect
      .poll(() =>
        khlone.ping().then(
          () => greetings.length,
          () => 0,
        ),
      )
      .toBe(2);
  });

  it('says why the daemon turned it away', async () => {
    await using first = await connect({ zone: folder, socket: server.path, env, autoStart: false });
    await using second = await connect({ zone: folder, socket: server.path, env, autoStart: false });
    expect([first, second]).toHaveLength(2);
    await expect(connect({ zone: folder, socket: server.path, env, autoStart: false })).rejects.toMatchObject(
      {
        kind: 'limitReached',
      },
    );
  });

  it('gives up on a daemon that does not answer the greeting', async () => {
    answer = () => {
      throw new Error('broken');
    };
    await expect(connect({ zone: folder, socket: server.path, env, autoStart: false })).rejects.toMatchObject(
      {
        kind: 'internalError',
      },
    );
    answer = () => new Promise(() => {});
    await server.stop();
    server = await startServer({ initialize: () => new Promise(() => {}) });
    await expect(
      connect({ zone: folder, socket: server.path, env, autoStart: false, helloMs: 20 }),
    ).rejects.toMatchObject({ kind: 'daemonUnreachable' });
  });

  it('says that none is there, and that a zone is none', async () => {
    const socket = join(folder, 'none');
    await expect(connect({ zone: folder, socket, env, autoStart: false })).rejects.toMatchObject({
      kind: 'daemonUnreachable',
    });
    await expect(connect({ zone: join(folder, 'no'), env, autoStart: false })).rejects.toMatchObject({
      kind: 'zoneInvalid',
    });
    await expect(
      connect({ zone: folder, socket: server.path, env, autoStart: false, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ kind: 'cancelled' });
  });
});
