import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Event, isKhloneError, type Khlone } from '../../client/index.js';
import { runCli } from '../support/cli.js';
import { DaemonZone } from '../support/daemon.js';
import { history, nextEvent } from '../support/events.js';
import { canMount, SmallDisk } from '../support/smallDisk.js';

/** Other work may hold the machine up; what is looked for comes all the same. */
const patient = { timeout: 30_000 };

let zone: DaemonZone;
beforeEach(() => {
  zone = new DaemonZone();
});
afterEach(() => zone[Symbol.asyncDispose]());

/** A stopped zone with a clone and a task that was done. */
async function usedZone(): Promise<void> {
  const khlone = await zone.connect();
  const { name } = await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' });
  const task = await khlone.clone.act({ who: name, say: 'Say hello.' });
  await khlone.task.wait({ task: task.id });
  await zone.stop(khlone);
  await khlone.close();
}

/** The state folder's files and what is in them, but for the log. */
function contents(): Record<string, string> {
  const folder = dirname(zone.paths.db);
  return Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.startsWith('khlone.db'))
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(`${folder}/${name}`))
          .digest('hex'),
      ]),
  );
}

describe('a database', () => {
  it('of a newer build is refused and left as it is', async () => {
    await usedZone();
    const db = new Database(zone.paths.db);
    const supported = Number(db.pragma('user_version', { simple: true }));
    db.pragma('user_version = 999');
    db.close();
    const before = contents();
    const refused = zone.connect();
    await expect(refused).rejects.toMatchObject({
      kind: 'databaseNewer',
      details: { path: zone.paths.db, found: 999, supported },
    });
    const error = await refused.catch((reason: unknown) => reason);
    expect(isKhloneError(error, 'databaseNewer') && error.hint).toContain('Update khlone');
    expect(contents()).toEqual(before);
    await expect.poll(() => zone.processes(), patient).toEqual([]);

    const mended = new Database(zone.paths.db);
    mended.pragma(`user_version = ${supported}`);
    mended.close();
    const khlone = await zone.connect();
    expect((await khlone.clone.list()).clones).toHaveLength(1);
  });

  it.each([
    { what: 'first page', from: 0 },
    { what: 'pages after the first', from: 4096 },
  ])('with damage in its $what is refused by name', async ({ from }) => {
    await usedZone();
    const fd = openSync(zone.paths.db, 'r+');
    writeSync(fd, Buffer.alloc(statSync(zone.paths.db).size - from, 0xa5), 0, undefined, from);
    closeSync(fd);
    const refused = zone.connect();
    await expect(refused).rejects.toMatchObject({
      kind: 'storageFailed',
      details: { reason: 'the database is damaged, or cannot be read' },
    });
    await expect.poll(() => zone.processes(), patient).toEqual([]);
  });
});

describe.skipIf(!canMount)('a disk that is full', () => {
  let disk: SmallDisk;
  let khlone: Khlone;
  beforeEach(async () => {
    disk = new SmallDisk(zone.paths.stateFolders[0] ?? '', '8m');
    khlone = await zone.connect();
  });
  afterEach(async () => {
    disk.free();
    await zone.end();
    disk[Symbol.dispose]();
  });

  it('refuses work with a hint, is told apart from all else, and takes no result away', async () => {
    const { name: busy } = await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' });
    const { name: idle } = await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' });
    // The demo's own notes of the conversation go on within their first page.
    const first = await khlone.clone.act({ who: busy, say: 'Say hello.' });
    await khlone.task.wait({ task: first.id });
    const seen: Event[] = [];
    const events = khlone.events({ from: 'start' });
    const listening = (async () => {
      for await (const event of events) seen.push(event);
    })();
    await using pieces = khlone.events({ types: ['message.delta'], who: busy });
    await pieces.ready;
    const running = await khlone.clone.act({ who: busy, say: 'slow 300' });
    await pieces.next();
    disk.fill();

    const receipts: string[] = [];
    const act = () => khlone.clone.act({ who: idle, say: `Say hello. ${'x'.repeat(20_000)}` });
    const refused = await (async () => {
      for (;;) receipts.push((await act()).id);
    })().catch((error: unknown) => error);
    expect(refused).toMatchObject({
      kind: 'storageFailed',
      retryable: true,
      details: { reason: 'the disk is full' },
    });
    expect(isKhloneError(refused, 'storageFailed') && refused.hint).toContain('Free some disk space');
    await expect(khlone.clone.enroll({ role: 'mechanic', brain: 'demo' })).rejects.toMatchObject({
      kind: 'storageFailed',
    });
    await expect(khlone.clone.update({ who: idle, brief: 'x' })).rejects.toMatchObject({
      kind: 'storageFailed',
    });

    // All of the turn has been said, and its end cannot be written down.
    await nextEvent(pieces, 'message.delta', ({ text }) => text.endsWith('slow.'));
    await khlone.ping();
    expect(await khlone.daemon.status()).toMatchObject({
      daemon: { pid: khlone.session.daemon.pid },
      storage: { state: 'failing', reason: 'the disk is full' },
    });
    const doctor = await runCli(['doctor', '--json'], { cwd: zone.root, env: zone.sandbox.env });
    expect(doctor.code).not.toBe(0);
    const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string; status: string }[] };
    expect(checks).toContainEqual(expect.objectContaining({ name: 'storage', status: 'fail' }));
    // It would be answered once its end is on disk.
    await expect(khlone.task.cancel({ task: running.id })).rejects.toMatchObject({ kind: 'storageFailed' });
    expect((await khlone.clone.list()).clones).toHaveLength(2);
    expect(await khlone.clone.get({ who: idle })).not.toHaveProperty('brief');
    expect((await khlone.task.get({ task: running.id })).status).toBe('running');
    await history(khlone);

    disk.free();
    await expect.poll(async () => (await khlone.daemon.status()).storage, patient).toEqual({ state: 'ok' });
    expect(await khlone.task.wait({ task: running.id })).toMatchObject({
      status: 'done',
      attempt: 1,
      result: { text: 'That was slow.' },
    });
    receipts.push((await act()).id);
    for (const task of receipts) await khlone.task.wait({ task });
    await khlone.clone.retire({ who: busy });
    await khlone.clone.retire({ who: idle });
    const stored = await history(khlone);
    expect(stored.map(({ cursor }) => cursor.seq)).toEqual(stored.map((_, index) => index + 1));
    const said = stored.filter((event) => event.type === 'message.completed' && event.task === running.id);
    expect(said).toHaveLength(2);
    const queued = stored.filter(({ type }) => type === 'task.queued');
    expect(queued).toHaveLength(receipts.length + 2);
    await expect.poll(() => events.cursor, patient).toEqual(stored.at(-1)?.cursor);
    await events.return();
    await listening;
    expect(seen.filter(({ type }) => type !== 'message.delta')).toEqual(stored);
  });

  it('keeps a daemon from starting, and says so to the client that started it', async () => {
    await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' });
    await zone.stop(khlone);
    disk.fill();
    await expect(zone.connect()).rejects.toMatchObject({
      kind: 'storageFailed',
      details: { reason: expect.stringContaining('full') as unknown },
    });
    await expect.poll(() => zone.processes(), patient).toEqual([]);
    disk.free();
    expect((await (await zone.connect()).clone.list()).clones).toHaveLength(1);
  });

  it('lets a daemon end', async () => {
    const { name } = await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' });
    await using pieces = khlone.events({ types: ['message.delta'], who: name });
    await pieces.ready;
    const running = await khlone.clone.act({ who: name, say: 'slow 60000' });
    await pieces.next();
    disk.fill();
    await zone.stop(khlone);
    await expect.poll(() => zone.processes(), patient).toEqual([]);
    disk.free();
    khlone = await zone.connect();
    expect(await khlone.task.wait({ task: running.id })).toMatchObject({ status: 'interrupted' });
  });
});
