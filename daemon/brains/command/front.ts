import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What a terminal tells of the program in it; undefined where that cannot be learned. */
export interface Front {
  /** Whether the program itself is in the foreground, and not one that it runs. */
  readonly own: boolean | undefined;
  /** Whether whoever is in front reads keys or hides what is typed, as programs do that wait for a human. */
  readonly keys: boolean | undefined;
}

const run = promisify(execFile);
const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };
/** These print at once; a machine under load takes longer. */
const timeout = 2_000;

interface Place {
  readonly own: boolean;
  /** The terminal's path. */
  readonly tty: string | undefined;
}

/** Looks at the terminal of a program that leads its session. */
export async function frontOf(pid: number): Promise<Front> {
  const place = await (process.platform === 'linux' ? placeFromProc(pid) : placeFromPs(pid)).catch(
    () => undefined,
  );
  const keys = place?.tty === undefined ? undefined : await readsKeys(place.tty).catch(() => undefined);
  return { own: place?.own, keys };
}

/** First major number of the terminals below /dev/pts. */
const ptsMajor = 136;

async function placeFromProc(pid: number): Promise<Place> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
  // The command's name may hold spaces and brackets; field 3 follows its last bracket.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [, , group, , device = 0, front] = fields;
  const major = (device >> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  return { own: group === front, tty: major === ptsMajor ? `/dev/pts/${minor}` : undefined };
}

async function placeFromPs(pid: number): Promise<Place> {
  const { stdout } = await run('ps', ['-o', 'pgid=,tpgid=,tty=', '-p', String(pid)], { env, timeout });
  const [group, front, tty] = stdout.trim().split(/\s+/);
  return { own: group === front, tty: tty?.startsWith('tty') ? `/dev/${tty}` : undefined };
}

async function readsKeys(tty: string): Promise<boolean> {
  const flag = process.platform === 'linux' ? '-F' : '-f';
  const { stdout } = await run('stty', [flag, tty, '-a'], { env, timeout });
  const set = new Set(stdout.split(/[\s;]+/));
  return set.has('-icanon') || set.has('-echo');
}

/**
 * Whether a program that is quiet waits for input, by how its terminal looked before it was given some. One that
 * reads keys takes them again when it is done. One that hands over its terminal has it back when it is done. One
 * that read keys and now reads lines itself is mostly busy, and may wait for a line: `perhaps`.
 */
export function waitsForInput(now: Front, before: Front): 'yes' | 'no' | 'perhaps' {
  if (now.keys === true) return 'yes';
  if (now.own === false) return 'no';
  return before.keys === true && now.keys === false ? 'perhaps' : 'yes';
}
