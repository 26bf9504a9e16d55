import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Approval, Clone, Event, Task } from '../../client/index.js';
import { cliProgram, RunningCli, runCli, type CliPlace, type CliResult } from '../support/cli.js';
import { DaemonZone } from '../support/daemon.js';
import { exitCodes } from '../../cli/exit.js';

const code = (ending: keyof typeof exitCodes): number => exitCodes[ending].code;

let zone: DaemonZone;
let place: CliPlace;

const khlone = (...words: string[]): Promise<CliResult> => runCli(words, place);
const started = (...words: string[]): RunningCli => new RunningCli(words, place);

async function json<T>(...words: string[]): Promise<T> {
  const result = await khlone(...words, '--json');
  expect(result, words.join(' ')).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(result.stdout) as T;
}

const enroll = async (role: string): Promise<string> =>
  (await json<Clone>('enroll', role, '--brain', 'demo')).name;

/** The one pending approval of a clone, once it is asked for. */
async function pending(clone: string): Promise<Approval> {
  for (;;) {
    const { approvals } = await json<{ approvals: Approval[] }>('approvals', '--who', clone);
    if (approvals[0] !== undefined) return approvals[0];
  }
}

beforeAll(async () => {
  zone = new DaemonZone();
  place = { cwd: zone.root, env: { ...zone.sandbox.env, TERM: 'xterm', LANG: 'C.UTF-8' } };
  await json('daemon', 'start');
});

afterAll(async () => {
  await zone[Symbol.asyncDispose]();
});

describe('a clone from the shell', () => {
  it('is enrolled, changed, seen and retired', async () => {
    writeFileSync(join(zone.root, 'brief.md'), 'Be brief.');
    mkdirSync(join(zone.root, 'sub'));
    const clone = await json<Clone>(
      ...['enroll', 'life', '--brain', 'demo', '--brief', '@brief.md', '--model', 'demo-1', '--cwd', 'sub'],
      ...['--env', 'PATH', '--env', 'A=b', '--approvals', 'acceptEdits', '--label', 'team=core'],
      ...[
        '--task-timeout',
        '10m',
        '--approval-timeout',
        '1h',
        '--idle-timeout',
        '2m',
        '--on-crash',
        'resume',
      ],
    );
    expect(clone).toMatchObject({
      name: 'life.1',
      brief: 'Be brief.',
      model: 'demo-1',
      cwd: join(zone.root, 'sub'),
      approvals: 'acceptEdits',
      labels: { team: 'core' },
      limits: { taskTimeoutMs: 600_000, approvalTimeoutMs: 3_600_000, idleMs: 120_000, recovery: 'resume' },
    });
    const updated = await json<Clone>('update', 'life.1', '--approvals', 'deny', '--label', 'team=edge');
    expect(updated).toMatchObject({ approvals: 'deny', labels: { team: 'edge' } });
    expect((await json<Clone>('update', 'life.1', '--clear-labels')).labels).toEqual({});
    expect((await khlone('enroll', 'life', '--brain', 'demo')).stdout).toMatch(/^Enrolled life\.2\.\n.*\n$/);
    expect((await json<{ clones: Clone[] }>('status')).clones.map(({ name }) => name)).toContain('life.1');
    expect((await khlone('retire', 'life.2')).stdout).toBe('life.2 is retired.\n');
    expect((await khlone('status')).stdout).not.toContain('life.2');
    expect((await khlone('act', 'life.2', 'hello')).code).toBe(code('refused'));
  });

  it('acts: what it says is on stdout alone, and the exit code tells the end', async () => {
    const clone = await enroll('worker');
    const done = await khlone('act', clone, 'say', 'hello');
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/hello\n$/);
    expect(done.stdout).not.toContain('t_');
    expect(done.stderr).toMatch(/▸ t_\w+ act: say hello/);
    expect(done.stderr).toMatch(/✓ t_\w+ done/);
    const failed = await khlone('act', clone, 'fail on purpose');
    expect(failed.code).toBe(code('failed'));
    expect(failed.stderr).toContain('on purpose');
    expect(failed.stderr).toMatch(/next: .*khlone retry t_/);
    const died = JSON.parse((await khlone('act', clone, 'die', '--json')).stdout) as Task;
    expect(died).toMatchObject({ status: 'failed', error: { kind: 'brainDied' } });
    const retried = await khlone('retry', died.id, '--wait');
    expect(retried.code).toBe(code('failed'));
    expect(retried.stderr).toContain('(attempt 2)');
    expect((await khlone('ask', clone, 'what is here?')).stdout).toContain('what is here?');
  });

  it('is told more than words by options', async () => {
    const clone = await enroll('options');
    const words = [
      'act',
      clone,
      '--detach',
      '--key',
      'k1',
      '--priority',
      '5',
      '--label',
      'a=b',
      'slow',
      '10',
    ];
    const first = await khlone(...words);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^t_\w+\n$/), stderr: '' });
    expect((await khlone(...words)).stdout).toBe(first.stdout);
    const again = await json<Task>(
      'act',
      clone,
      '--key',
      'k1',
      '--priority',
      '5',
      '--label',
      'a=b',
      'slow',
      '10',
    );
    expect(again).toMatchObject({ id: first.stdout.trim(), status: 'done', priority: 5, labels: { a: 'b' } });
    const piped = await runCli(['act', clone, '-'], place, 'words from stdin\n');
    expect(piped.stdout).toContain('words from stdin');
    const late = await khlone('act', clone, '--timeout', '200ms', 'slow 60000', '--json');
    expect(JSON.parse(late.stdout)).toMatchObject({ status: 'failed', error: { kind: 'taskTimeout' } });
    expect(late.code).toBe(code('failed'));
    expect((await khlone('act', clone, '--key', 'k1', 'other words')).code).toBe(code('refused'));
  });

  it('is cancelled and interrupted from elsewhere, and the waiting command says so', async () => {
    const clone = await enroll('stopped');
    const cancelled = started('act', clone, 'slow 60000');
    const [, first = ''] = await cancelled.said('stderr', /▸ (t_\w+)/);
    expect(await json<Task>('cancel', first)).toMatchObject({ status: 'cancelled' });
    expect((await cancelled.ended).code).toBe(code('cancelled'));
    expect((await khlone('cancel', first)).code).toBe(code('refused'));
    const interrupted = started('act', clone, 'slow 60000');
    await interrupted.said('stderr', /▸ t_/);
    expect((await khlone('interrupt', clone)).code).toBe(0);
    expect((await interrupted.ended).code).toBe(code('interrupted'));
    expect(await json<Task>('retry', first)).toMatchObject({ status: 'queued', id: first });
    expect((await khlone('interrupt', clone)).code).toBe(0);
  });

  it('is told what it waits behind, and of a clone whose brain is not ready', async () => {
    const clone = await enroll('busy');
    const first = (await json<Task>('act', clone, '--detach', 'slow 60000')).id;
    const second = started('act', clone, 'say two');
    const [, id = ''] = await second.said('stderr', new RegExp(`(t_\\w+) is queued behind ${first}\n`));
    const third = started('ask', clone, 'say three');
    await third.said('stderr', new RegExp(`is queued behind ${first} and 1 more\n`));
    await json('cancel', id);
    expect((await second.ended).code).toBe(code('cancelled'));
    await json('cancel', first);
    const { stderr } = await third.ended;
    expect(stderr).toMatch(/✓ t_\w+ done/);
    expect((await khlone('act', clone, 'logout')).code).toBe(code('brain'));
  });

  it('says which variable it waits for', async () => {
    await using own = new DaemonZone();
    const there: CliPlace = { cwd: own.root, env: { ...own.sandbox.env, LANG: 'C.UTF-8' } };
    await runCli(['enroll', 'm', '--brain', 'demo', '--env', 'MY_TOKEN=secret-of-mine'], there);
    await runCli(['act', 'm.1', '--detach', 'slow 60000'], there);
    const { stdout: task } = await runCli(['act', 'm.1', '--detach', 'say later'], there);
    await runCli(['daemon', 'stop'], there);
    const note = '! m.1 waits for MY_TOKEN\n  next: khlone update m.1 --env MY_TOKEN\n';
    expect((await runCli(['status'], there)).stdout).toContain(note);
    expect((await runCli(['task', task.trim()], there)).stdout).toContain(note);
    const given = { ...there, env: { ...there.env, MY_TOKEN: 'secret-of-mine' } };
    expect((await runCli(['update', 'm.1', '--env', 'MY_TOKEN'], given)).code).toBe(0);
    expect((await runCli(['status'], there)).stdout).not.toContain('MY_TOKEN');
  });

  it('is left running where there is nobody to ask about Ctrl-C', async () => {
    const clone = await enroll('left');
    const act = started('act', clone, 'slow 60000');
    const [, task = ''] = await act.said('stderr', /▸ (t_\w+)/);
    act.child.kill('SIGINT');
    const left = await act.ended;
    expect(left.code).toBe(code('leftRunning'));
    expect(left.stderr).toContain(`khlone cancel ${task}`);
    expect((await json<Task>('task', task)).status).toBe('running');
    await json('cancel', task);
  });
});

describe('approvals from the shell', () => {
  it('are announced, listed, allowed once and no second time', async () => {
    const clone = await enroll('asker');
    const act = started('act', clone, 'write made.txt by the clone');
    const [, id = ''] = await act.said('stderr', /khlone approve (a_\w+)/);
    const board = await khlone('status');
    expect(board.stdout).toMatch(new RegExp(`${clone} +waiting`));
    expect(board.stdout).toContain(`khlone approve ${id}`);
    expect((await khlone('approvals')).stdout).toContain(id);
    const shown = await khlone('approvals', id);
    expect(shown.stdout).toContain('made.txt');
    expect(shown.stderr).toBe(`  next: khlone approve ${id}  or  khlone deny ${id}\n`);
    expect(await json<Approval>('approve', id)).toMatchObject({ id, status: 'allowed' });
    expect((await act.ended).code).toBe(0);
    expect(existsSync(join(zone.root, 'made.txt'))).toBe(true);
    expect((await khlone('approve', id)).code).toBe(code('decided'));
    expect((await khlone('approvals', '--all')).stdout).toContain('allowed');
    expect((await khlone('approvals', 'a_none')).code).toBe(code('notFound'));
  });

  it('are denied with words, and questions answered', async () => {
    const clone = await enroll('denied');
    const denied = started('act', clone, 'write never.txt');
    const { id } = await pending(clone);
    expect((await khlone('deny', id, '--message', 'not here')).stdout).toContain('not here');
    await denied.ended;
    expect(existsSync(join(zone.root, 'never.txt'))).toBe(false);
    const asked = started('act', clone, 'ask Which colour? red | green');
    const [, question = ''] = await asked.said(
      'stderr',
      /khlone approve (a_\w+) --answer 'Which colour\?=red'/,
    );
    expect((await khlone('approve', question, '--answer', 'Which colour?=green')).code).toBe(0);
    expect((await asked.ended).stdout).toContain('green');
  });

  it('of one kind are granted for good with --always', async () => {
    const clone = await enroll('always');
    const act = started('act', clone, 'write one.txt');
    const { id } = await pending(clone);
    expect(await json<Approval>('approve', id, '--always')).toMatchObject({ decision: 'allowAlways' });
    await act.ended;
    expect((await khlone('act', clone, 'write two.txt')).code).toBe(0);
    expect(existsSync(join(zone.root, 'two.txt'))).toBe(true);
  });
});

describe('looking from the shell', () => {
  let clone: string;
  let task: Task;

  beforeAll(async () => {
    clone = await enroll('seen');
    task = await json<Task>('act', clone, 'say look at me');
  });

  it('finds tasks and usage', async () => {
    expect(task).toMatchObject({ status: 'done', kind: 'act', clone });
    expect((await khlone('tasks', clone)).stdout).toContain(task.id);
    const page = await json<{ tasks: Task[] }>(
      'tasks',
      clone,
      '--status',
      'failed',
      '--limit',
      '5',
      '--kind',
      'act',
    );
    expect(page.tasks).toEqual([]);
    expect((await khlone('task', task.id)).stdout).toContain('say look at me');
    const usage = await json<{ byClone: { clone: string }[] }>('usage', clone, '--since', '1h');
    expect(usage.byClone.map((row) => row.clone)).toEqual([clone]);
    expect((await khlone('usage', '--tasks', '--task', task.id)).stdout).toContain(task.id);
  });

  it('pages through tasks with the same filters', async () => {
    const paged = await enroll('paged');
    for (const words of ['say one', 'say two']) await json('act', paged, words);
    const words = [paged, '--status', 'done', '--status', 'failed', '--kind', 'act', '--limit', '1'];
    const { stderr } = await khlone('tasks', ...words);
    const [, more = ''] = /^ {2}more: khlone (tasks .* --before t_\w+)\n$/.exec(stderr) ?? [];
    expect(more.split(' ').slice(1, -2)).toEqual(words);
    expect(await khlone(...more.split(' '))).toMatchObject({
      stdout: expect.stringContaining('say one'),
      stderr: '',
    });
  });

  it('shows the board of some', async () => {
    const board = (who: string) => json<{ clones: Clone[]; tasks: Task[] }>('status', who);
    const other = await enroll('other');
    for (const who of [other, 'other'])
      expect((await board(who)).clones.map(({ name }) => name)).toEqual([other]);
    await json('update', other, '--label', 'team=x');
    expect((await board('label:team=x')).clones.map(({ name }) => name)).toEqual([other]);
    for (const nobody of ['nobody', 'nobody.1', 'Not a clone'])
      expect((await khlone('status', nobody)).code, nobody).toBe(code('notFound'));
  });

  it('says how to answer only what still waits', async () => {
    const asker = await enroll('past');
    const act = started('act', asker, 'write past.txt');
    const { id } = await pending(asker);
    await json('deny', id);
    await act.ended;
    const again = started('act', asker, 'ask Which colour? red | green');
    const { id: open } = await pending(asker);
    const watch = started('watch', asker, '--from', 'start');
    await watch.said('stdout', new RegExp(`answer: khlone approve ${open}`));
    await json('deny', open);
    await watch.said('stdout', /denied[\s\S]*denied[\s\S]*✓ t_/);
    watch.child.kill('SIGINT');
    const { stdout } = await watch.ended;
    expect(stdout).not.toContain(`khlone approve ${id}`);
    expect(stdout).not.toContain('AskUserQuestion');
    await again.ended;
  });

  it('watches what was and what comes, as text and as events', async () => {
    const text = started('watch', clone, '--from', 'start');
    await text.said('stdout', /look at me[\s\S]*✓ t_/);
    const events = started('watch', '--from', 'start', '--json', '--type', 'task.finished');
    await events.said('stdout', new RegExp(task.id));
    const next = await json<Task>('act', clone, 'say more');
    await text.said('stdout', new RegExp(`${clone} │ .*more[\\s\\S]*${next.id} done`));
    await events.said('stdout', new RegExp(next.id));
    for (const watching of [text, events]) watching.child.kill('SIGINT');
    expect((await text.ended).code).toBe(0);
    const seen = (await events.ended).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Event);
    expect(seen.map(({ type }) => type)).toEqual(seen.map(() => 'task.finished'));
    const from = seen.at(-2)?.cursor;
    const after = started(
      'watch',
      '--json',
      '--type',
      'task.finished',
      '--from',
      `${from?.epoch}:${from?.seq}`,
    );
    const [line] = await after.said('stdout', /^.*\n/);
    expect(JSON.parse(line)).toEqual(seen.at(-1));
    after.child.kill('SIGINT');
    await after.ended;
  });

  it('keeps a board that follows, a line of JSON at a time', async () => {
    const board = started('status', '--watch', '--json');
    await board.said('stdout', /\n/);
    const role = 'arrived';
    await enroll(role);
    await board.said('stdout', new RegExp(`"name":"${role}\\.1"`));
    board.child.kill('SIGINT');
    const { code: ended, stdout } = await board.ended;
    expect(ended).toBe(0);
    for (const line of stdout.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('clones');
  });

  it('ends quietly when nobody reads any more', () => {
    const shell = (command: string) =>
      spawnSync('bash', ['-c', command], { ...place, encoding: 'utf8', timeout: 60_000 });
    const cli = `'${process.execPath}' '${cliProgram}'`;
    for (const verb of [
      'tasks --json',
      'status',
      'schema',
      'completion bash',
      '--help',
      'watch --from start',
    ]) {
      const { stderr, stdout } = shell(`${cli} ${verb} | head -c 1; echo " \${PIPESTATUS[0]}"`);
      expect(stderr, verb).toBe('');
      expect(stdout, verb).toMatch(/^. 0$/m);
    }
  });

  it('is in colour where it is wanted, and nowhere else', async () => {
    const escape = '\u001b[';
    expect((await khlone('status')).stdout).not.toContain(escape);
    const forced = { ...place, env: { ...place.env, FORCE_COLOR: '1' } };
    expect((await runCli(['status'], forced)).stdout).toContain(escape);
    expect((await runCli(['status', '--json'], forced)).stdout).not.toContain(escape);
    const none = { ...place, env: { ...place.env, NO_COLOR: '1' } };
    const act = await runCli(['act', clone, 'say plain'], none);
    expect(act.stdout + act.stderr).not.toContain(escape);
  });

  it('lets no escape sequence of a brain through', async () => {
    const act = await khlone('act', clone, 'say \u001b]0;owned\u0007\u001b[2Jboo\u009b5m');
    expect(act.stdout).toContain('boo');
    // eslint-disable-next-line no-control-regex -- control characters are the subject
    expect(act.stdout + act.stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    const shown = await khlone(
      'task',
      JSON.parse((await khlone('tasks', clone, '--json')).stdout).tasks[0].id,
    );
    // eslint-disable-next-line no-control-regex -- control characters are the subject
    expect(shown.stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  });
});

describe('machinery from the shell', () => {
  it('prints paths, zones, the protocol and the version', async () => {
    expect((await khlone('socket')).stdout).toBe(`${zone.paths.socket}\n`);
    expect(await json('socket')).toMatchObject({ socket: zone.paths.socket, zone: { root: zone.root } });
    const zones = await json<{ zones: { root: string; alive: boolean }[] }>('zones');
    expect(zones.zones).toEqual([expect.objectContaining({ root: zone.root, alive: true })]);
    expect((await khlone('zones')).stdout).toContain(zone.root);
    expect(await json('schema')).toHaveProperty('openrpc');
    expect(await json('schema', '--json-schema')).toHaveProperty('$schema');
    expect(JSON.parse((await khlone('schema')).stdout)).toHaveProperty('methods');
    expect((await khlone('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await khlone()).stdout).toContain('Exit codes:');
  });

  it('works from a folder below the zone, and from elsewhere with --zone', async () => {
    const inside = join(zone.root, 'deep');
    mkdirSync(inside);
    mkdirSync(join(zone.root, '.git'), { recursive: true });
    expect((await runCli(['socket'], { ...place, cwd: inside })).stdout).toBe(`${zone.paths.socket}\n`);
    const away = { ...place, cwd: zone.sandbox.folder };
    expect((await runCli(['status', '--zone', zone.root], away)).stdout).toContain(zone.root);
    expect((await runCli(['--zone', zone.root, 'status'], away)).stdout).toContain(zone.root);
  });

  it('completes words in bash, and in zsh and fish where they are', async () => {
    const { stdout } = await khlone('completion', 'bash');
    expect(spawnSync('bash', ['-n'], { input: stdout, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
    const complete = (...typed: string[]): string[] =>
      spawnSync('bash', ['--norc'], {
        input: `khlone() { '${process.execPath}' '${cliProgram}' "$@"; }\n${stdout}\nCOMP_WORDS=(khlone ${typed.join(' ')})\nCOMP_CWORD=${typed.length}\n_khlone\necho "\${COMPREPLY[@]}"\n`,
        ...place,
        encoding: 'utf8',
      })
        .stdout.trim()
        .split(' ');
    expect(complete('stat')).toEqual(['status']);
    expect(complete('act', 'mechanic.1', '--det')).toEqual(['--detach']);
    expect(complete('daemon', 'st')).toEqual(['start', 'stop', 'status']);
    expect(complete('--zone', '/tmp', 'ret')).toEqual(['retire', 'retry']);
    const clone = await enroll('completed');
    expect(complete('act', 'compl')).toEqual([clone]);
    expect(complete('--zone', zone.root, 'retire', 'compl')).toEqual([clone]);
    expect(complete('act', clone, 'compl')).toEqual(['']);
    expect(complete('--zone', zone.sandbox.folder, 'retire', 'compl')).toEqual(['']);
    for (const shell of ['zsh', 'fish'] as const) {
      const script = await khlone('completion', shell);
      expect(script).toMatchObject({ code: 0, stderr: '' });
      const file = join(zone.sandbox.folder, `completion.${shell}`);
      writeFileSync(file, script.stdout);
      const checked = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
      // Not on every machine; bash is.
      if (checked.error === undefined) expect(checked).toMatchObject({ status: 0, stderr: '' });
    }
    expect((await khlone('completion', 'tcsh')).code).toBe(code('usage'));
  });

  it('examines all, and says what to do about what is wrong', async () => {
    const well = await json<{ ok: boolean; checks: { name: string; status: string; next?: string }[] }>(
      'doctor',
    );
    expect(well.ok).toBe(true);
    expect(well.checks.find(({ name }) => name === 'daemon')).toMatchObject({ status: 'ok' });
    for (const check of well.checks) if (check.status !== 'ok') expect(check.next).toBeTruthy();
    const { stdout: healthy } = await khlone('doctor');
    expect(healthy).toContain('All that khlone needs is in order.');
    // With a daemon or without, it tells by what brains are ended, or who will.
    expect(healthy).toMatch(/supervision +(brains end by (cgroup|marker)|told once a daemon runs)/);
    const home = join(zone.sandbox.folder, 'open');
    mkdirSync(home);
    chmodSync(home, 0o755);
    const ill = await runCli(['doctor'], { ...place, env: { ...place.env, KHLONE_HOME: home } });
    expect(ill.code).toBe(code('failed'));
    expect(ill.stdout).toMatch(/✗ state folder .*0755/);
    expect(ill.stdout).toContain(`chmod 0700 '${home}'`);
  });
});

describe('what goes wrong', () => {
  it.each([
    [['frobnicate'], 'usage', 'invalidParams'],
    [['act', 'mechanic.1'], 'usage', 'invalidParams'],
    [['act', 'Not a clone', 'x'], 'notFound', 'cloneNotFound'],
    [['act', 'nobody.9', 'x'], 'notFound', 'cloneNotFound'],
    [['act', 'nobody.9', 'x', '--detach'], 'notFound', 'cloneNotFound'],
    [['task', 't_none'], 'notFound', 'taskNotFound'],
    [['deny', 'a_none'], 'notFound', 'approvalNotFound'],
    [['watch', 'nobody.9'], 'notFound', 'cloneNotFound'],
    [['enroll', 'NotARole'], 'usage', 'invalidParams'],
    [['enroll', 'm', '--brain', 'none'], 'usage', 'brainUnknown'],
    [['enroll', 'm', '--brain', 'claude'], 'brain', 'brainMissing'],
    [['enroll', 'm', '--brief', '@missing.md'], 'usage', 'invalidParams'],
    [['update', 'nobody.9'], 'usage', 'invalidParams'],
    [['usage', '--since', 'yesterday'], 'usage', 'invalidParams'],
    [['status', '--zone', 'no-such-folder'], 'usage', 'zoneInvalid'],
    [['socket', '--zone', 'package.json'], 'usage', 'zoneInvalid'],
  ] as const)('%j: two lines, or one object, and an exit code of its kind', async (words, ending, kind) => {
    // A PATH with nothing on it: no brain of this machine's.
    const bare = { ...place, env: { ...place.env, PATH: join(zone.sandbox.folder, 'nothing') } };
    const text = await runCli([...words], bare);
    expect(text).toMatchObject({ code: code(ending), stdout: '' });
    expect(text.stderr).toMatch(/^khlone: [^\n]+\n {2}next: [^\n]+\n$/);
    const asJson = await runCli([...words, '--json'], bare);
    expect(asJson).toMatchObject({ code: code(ending), stderr: '' });
    const { error } = JSON.parse(asJson.stdout) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ kind, message: expect.any(String), hint: expect.any(String) });
    expect(error['code']).toBeTypeOf('number');
    expect(error).toHaveProperty('details');
  });
});

describe('a zone where nothing ever was', () => {
  it.each([
    [['status'], { clones: [], tasks: [], approvals: [] }],
    [['status', '--watch'], { clones: [], tasks: [], approvals: [] }],
    [['tasks'], { tasks: [] }],
    [['usage'], { byClone: [], byModel: [], byTask: [] }],
    [['approvals'], { approvals: [] }],
    [['watch'], undefined],
    [['task', 't_none'], 'taskNotFound'],
    [['approvals', 'a_none'], 'approvalNotFound'],
    [['status', 'nobody'], 'cloneNotFound'],
  ] as const)('%j says so and starts no daemon', async (words, empty) => {
    await using own = new DaemonZone();
    const there: CliPlace = { cwd: own.root, env: own.sandbox.env };
    const text = await runCli([...words], there);
    const found = typeof empty !== 'string';
    expect(text.code).toBe(found ? 0 : code('notFound'));
    expect(text.stdout + text.stderr).toContain(`Nothing is enrolled in ${own.root}.\n`);
    expect(text.stderr).toContain('  next: khlone enroll <role>\n');
    const asJson = await runCli([...words, '--json'], there);
    if (empty === undefined) expect(asJson.stdout).toBe('');
    else expect(JSON.parse(asJson.stdout)).toMatchObject(found ? empty : { error: { kind: empty } });
    expect(existsSync(own.paths.stateDir)).toBe(false);
  });
});

describe('the daemon from the shell', () => {
  it('is started, described, stopped and run in the foreground', async () => {
    await using own = new DaemonZone();
    const there: CliPlace = { cwd: own.root, env: { ...own.sandbox.env, LANG: 'C.UTF-8' } };
    const away = await runCli(['daemon', 'status'], there);
    expect(away).toEqual({
      code: code('unreachable'),
      stdout: '',
      stderr: `khlone: No daemon runs for ${own.root}.\n  next: khlone daemon start\n`,
    });
    const stopped = `No daemon runs for ${own.root}.\n`;
    expect((await runCli(['daemon', 'stop'], there)).stdout).toBe(stopped);
    expect((await runCli(['doctor'], there)).stdout).toContain('none runs');
    expect((await runCli(['daemon', 'start'], there)).stdout).toMatch(/ started \(pid \d+\)/);
    expect((await runCli(['daemon', 'start'], there)).stdout).toContain('runs already');
    expect((await runCli(['daemon', 'status'], there)).stdout).toContain(own.paths.db);
    const second = await runCli(['daemon', 'run', '--json'], there);
    expect(second.code).toBe(code('refused'));
    expect(JSON.parse(second.stdout)).toMatchObject({ error: { kind: 'zoneLocked' } });
    const watch = new RunningCli(['watch', '--from', 'start'], there);
    await watch.said('stdout', /daemon started/);
    expect((await runCli(['daemon', 'stop'], there)).stdout).toMatch(/has stopped/);
    // A watcher stays, and does not bring back what was stopped.
    expect(await runCli(['daemon', 'status'], there)).toEqual(away);
    const run = new RunningCli(['daemon', 'run'], there);
    await run.said('stdout', /listens at/);
    await watch.said('stdout', /daemon started[\s\S]*daemon started/);
    watch.child.kill('SIGINT');
    expect((await watch.ended).code).toBe(0);
    expect((await runCli(['status'], there)).stdout).toContain('No clones');
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(0);
  });

  it('is killed under a task that is followed, which goes on: the follower is told so, and how it ended', async () => {
    await using own = new DaemonZone();
    const there: CliPlace = { cwd: own.root, env: { ...own.sandbox.env, LANG: 'C.UTF-8' } };
    const client = await own.connect({ autoStart: true });
    await client.clone.enroll({ role: 'mechanic', brain: 'demo' });
    const act = new RunningCli(['act', 'mechanic.1', 'slow 4000'], there);
    await act.said('stderr', /▸ t_/);
    await own.kill(client);
    const { code: ended, stderr } = await act.ended;
    expect(ended).toBe(0);
    expect(stderr).toMatch(/The daemon is there again[\s\S]*t_\w+ done/);
  });

  it('goes on with a task whose output nobody reads any more', async () => {
    const clone = await enroll('unread');
    const act = started('act', clone, 'say one then slow 200 then say two');
    act.child.stdout.destroy();
    expect((await act.ended).code).toBe(code('leftRunning'));
    const { tasks } = await json<{ tasks: Task[] }>('tasks', clone);
    expect(['queued', 'running', 'done']).toContain(tasks[0]?.status);
  });
});
