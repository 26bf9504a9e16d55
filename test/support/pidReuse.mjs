// Gives the pids of processes that have ended to others, and ends what the first ones were with the code that is
// shipped. To be run in a PID namespace of its own, where the next pid can be chosen. Prints how many rounds there
// were, in how many the number was taken again, and how many of the wrong processes were hit.
// node pidReuse.mjs ROUNDS leader|kin
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { killGroups } from '../../dist/daemon/holder/kill.js';
import { identify, processFacts } from '../../dist/daemon/holder/program/identity.js';

const [rounds, kind] = process.argv.slice(2);
/** Longer than the kernel's tick, in which start times are counted: no number comes around so soon by itself. */
const tickMs = 25;
const graceMs = 150;
const env = { PATH: '/usr/bin:/bin' };

const start = (program, args) => spawn(program, args, { detached: true, stdio: 'ignore', env });
const exitOf = (child) => once(child, 'exit');

/** Starts another process under this very number. */
async function takeOver(pid) {
  for (let tries = 0; tries < 100; tries++) {
    writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1));
    const child = spawn('cat', { detached: true, stdio: ['pipe', 'pipe', 'ignore'], env });
    const exited = exitOf(child);
    if (child.pid === pid) return { child, exited };
    child.kill('SIGKILL');
    await exited;
  }
  throw new Error(`${pid} could not be had`);
}

/**
 * Whether the one that has the number now was left alone; it is ended here. It answers, or it ends: a process that was
 * sent a deadly signal before does not get to answer any more.
 */
async function spared({ child: other, exited }) {
  other.stdin.on('error', () => undefined);
  other.stdin.write('x');
  const well = await Promise.race([once(other.stdout, 'data').then(() => true), exited.then(() => false)]);
  other.kill('SIGKILL');
  await exited;
  return well;
}

/** The process itself has ended when it is to be killed. */
async function leader() {
  const first = start('sleep', ['1000']);
  const identity = identify(first.pid, 'no-such-run');
  const exited = exitOf(first);
  await wait(tickMs);
  first.kill('SIGKILL');
  await exited;
  const other = await takeOver(first.pid);
  await killGroups([identity], 0);
  return spared(other);
}

/** A child without marks ends while its parent is being killed. */
async function kin() {
  const script = 'trap "" TERM; env -i setsid sleep 1000 & wait; exec sleep 1000';
  const first = start('sh', ['-c', script]);
  const identity = identify(first.pid, 'no-such-run');
  const exited = exitOf(first);
  let child;
  while (child === undefined || !readFileSync(`/proc/${child}/cmdline`, 'latin1').startsWith('sleep')) {
    await wait(2);
    child =
      readFileSync(`/proc/${first.pid}/task/${first.pid}/children`, 'latin1').trim().split(' ')[0] ||
      undefined;
  }
  await wait(tickMs);
  const killed = killGroups([identity], graceMs);
  await wait(30);
  process.kill(Number(child), 'SIGKILL');
  while (processFacts(Number(child)) !== undefined) await wait(1);
  const other = await takeOver(Number(child));
  await killed;
  await exited;
  return spared(other);
}

let wrong = 0;
for (let round = 0; round < Number(rounds); round++)
  if (!(await (kind === 'kin' ? kin : leader)())) wrong += 1;
console.log(JSON.stringify({ rounds: Number(rounds), wrong }));
process.exit(0);
