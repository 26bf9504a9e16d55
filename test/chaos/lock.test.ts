import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, renameSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { currentUid, zonePaths, type Zone, type ZonePaths } from '../../protocol/zone.js';
import { zoneSandbox } from '../support/zone/sandbox.js';

const racers = 6;
const program = fileURLToPath(new URL('../support/zone/racer.mjs', import.meta.url));
const sandbox = zoneSandbox();
const uid = currentUid();
let processes: ChildProcess[] = [];

interface Answer {
  did: string;
  error?: string;
}

async function startRacer(): Promise<ChildProcess> {
  const child = fork(program, [], { env: { PATH: process.env['PATH'] }, execArgv: [], stdio: 'inherit' });
  await once(child, 'message');
  return child;
}

function nextAnswer(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('a racer ended'));
    child.once('exit', ended);
    child.once('message', (answer) => {
      child.removeListener('exit', ended);
      resolve(answer as Answer);
    });
  });
}

/** Gives all the same order at once and gathers what each one did. */
function order(message: object): Promise<Answer[]> {
  const answers = processes.map(nextAnswer);
  for (const child of processes) child.send(message);
  return Promise.all(answers);
}

/** Puts a socket at the path that nobody listens on any more. */
async function placeStale(path: string): Promise<void> {
  const server = createServer();
  const before = process.umask(0o177);
  server.listen(`${path}~`);
  process.umask(before);
  await once(server, 'listening');
  renameSync(`${path}~`, path);
  server.close();
  await once(server, 'close');
}

async function ask(path: string): Promise<number> {
  const socket = connect(path);
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => (text += chunk));
  await once(socket, 'close');
  return Number(text);
}

const pathsOf = (zone: Zone): ZonePaths => zonePaths({ zone, env: sandbox.env, uid });

const ownersOf = (answers: Answer[]): number => answers.filter(({ did }) => did === 'owner').length;

beforeAll(async () => {
  processes = await Promise.all(Array.from({ length: racers }, startRacer));
});

afterAll(async () => {
  const alive = processes.filter((child) => child.exitCode === null && child.signalCode === null);
  await Promise.all(
    alive.map((child) => {
      const exit = once(child, 'exit');
      child.disconnect();
      return exit;
    }),
  );
  sandbox.remove();
});

test('six processes race over a stale socket 200 times, and each time exactly one owns the zone', async () => {
  for (let round = 0; round < 200; round++) {
    // Every other round in a zone that was never served, so that folders and lock files are raced for as well.
    const id = round % 2 === 0 ? sandbox.zone.id : round.toString(16).padStart(16, '0');
    const zone = { root: sandbox.zone.root, id };
    const { socket } = pathsOf(zone);
    for (const folder of [dirname(dirname(socket)), dirname(socket)]) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    }
    await placeStale(socket);
    const stale = lstatSync(socket).ino;
    const answers = await order({ do: 'race', zone, env: sandbox.env });
    expect(answers.filter(({ did }) => did !== 'owner' && did !== 'loser')).toEqual([]);
    expect({ round, owners: ownersOf(answers) }).toEqual({ round, owners: 1 });
    expect(await ask(socket)).toBe(processes[answers.findIndex(({ did }) => did === 'owner')]?.pid);
    expect(lstatSync(socket).ino).not.toBe(stale);
    await order({ do: 'release' });
  }
}, 90_000);

test('the same race without a lock has several owners at times', async () => {
  const path = join(sandbox.folder, 'n');
  let twice = 0;
  for (let round = 0; round < 200 && twice === 0; round++) {
    await placeStale(path);
    const answers = await order({ do: 'naive', path });
    if (ownersOf(answers) > 1) twice++;
    await order({ do: 'release' });
  }
  expect(twice).toBe(1);
}, 90_000);

test('an owner that is killed leaves the zone to exactly one of the others', async () => {
  const { socket } = pathsOf(sandbox.zone);
  for (let round = 0; round < 3; round++) {
    const first = await order({ do: 'race', zone: sandbox.zone, env: sandbox.env });
    expect(ownersOf(first)).toBe(1);
    const owner = processes.splice(
      first.findIndex(({ did }) => did === 'owner'),
      1,
    )[0];
    const exit = once(owner as ChildProcess, 'exit');
    owner?.kill('SIGKILL');
    await exit;
    expect(lstatSync(socket).isSocket()).toBe(true);
    const second = await order({ do: 'race', zone: sandbox.zone, env: sandbox.env });
    expect(ownersOf(second)).toBe(1);
    await order({ do: 'release' });
  }
}, 30_000);
