import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HeldProgram } from '../../../../daemon/holder/contract.js';
import { findHolder } from '../../../../daemon/holder/holderProcess.js';
import { frame, FrameReader } from '../../../../daemon/holder/program/frames.js';
import {
  type BrainFile,
  fromHolder,
  tellsReceived,
  toHolder,
  type Welcome,
} from '../../../../daemon/holder/program/wire.js';
import { HolderStage } from '../../../support/holders.js';

let stage: HolderStage;
beforeEach(() => {
  stage = new HolderStage();
});
afterEach(() => stage[Symbol.asyncDispose]());

const deaf: HeldProgram = {
  tag: { clone: 'deaf.1' },
  program: 'sh',
  args: ['-c', 'echo up; exec sleep 600'],
  cwd: '/',
  env: { PATH: '/usr/bin:/bin' },
};

/** Connects, and resolves with the welcome, however long it takes. */
async function greeted(folder: string): Promise<{ socket: Socket; welcome: Promise<Welcome> }> {
  const socket = connect(join(folder, 's'));
  await once(socket, 'connect');
  const welcome = new Promise<Welcome>((resolve) => {
    const frames = new FrameReader((type, payload) => {
      if (type === fromHolder.welcome) resolve(JSON.parse(payload.toString()) as Welcome);
    });
    socket.on('data', (chunk: Buffer) => frames.push(chunk));
  });
  return { socket, welcome };
}

describe('a holder whose daemon gives way to the next', () => {
  it('greets the next one once it has taken all that the one before has sent, and tells how much that was', async () => {
    const first = stage.open();
    const held = await first.spawn(deaf);
    const folder = join(stage.folder, held.identity.run);
    first.leave();
    const before = await greeted(folder);
    await before.welcome;
    const { holder } = JSON.parse(readFileSync(join(folder, 'brain.json'), 'utf8')) as BrainFile;

    // It comes to look at both at once, at the one that waits first.
    process.kill(holder.pid, 'SIGSTOP');
    const next = await greeted(folder);
    const line = Buffer.alloc(100_000, 'x');
    before.socket.write(frame(toHolder.input, line));
    before.socket.end(frame(toHolder.input, Buffer.from('y')));
    process.kill(holder.pid, 'SIGCONT');
    const welcome = await next.welcome;
    expect(welcome.features & tellsReceived).toBe(tellsReceived);
    expect(welcome.received).toBe(line.length + 1);
    next.socket.destroy();
  });

  it('acts on no frame that came in part, as its daemon died over it', async () => {
    const first = stage.open();
    const held = await first.spawn(deaf);
    const folder = join(stage.folder, held.identity.run);
    first.leave();
    const before = await greeted(folder);
    await before.welcome;
    before.socket.write(frame(toHolder.input, 'whole'));
    before.socket.end(frame(toHolder.input, Buffer.alloc(50_000)).subarray(0, 40_000));
    const { found, link } = await findHolder(folder);
    expect(found.received).toBe('whole'.length);
    link.end();
  });

  it('does not wait for one that stays and says nothing', async () => {
    const first = stage.open();
    const held = await first.spawn(deaf);
    const { found, link } = await findHolder(join(stage.folder, held.identity.run));
    expect(found).toMatchObject({ state: 'running', received: 0 });
    // The first one is told so.
    expect(await held.exited).toEqual({ code: null, signal: 'SIGKILL' });
    link.end();
  });
});
