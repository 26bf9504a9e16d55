// npm start: the main job from end to end, in a scratch zone, with the demo brain (a script: no model, no account).
// Every step is a real command of the CLI; `$ khlone …` is what you would type.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '../../dist/client/index.js';

const cli = fileURLToPath(new URL('../../dist/cli/khlone.cjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'khlone-tour-'));
const zone = join(folder, 'zone');
const runtime = join(folder, 'run');
mkdirSync(zone);
mkdirSync(runtime, { mode: 0o700 });

const passed = ['PATH', 'HOME', 'TERM', 'COLORTERM', 'LANG', 'LC_ALL', 'LC_CTYPE', 'NO_COLOR', 'FORCE_COLOR'];
const env = {
  ...Object.fromEntries(
    passed.filter((name) => name in process.env).map((name) => [name, process.env[name]]),
  ),
  KHLONE_HOME: join(folder, 'state'),
  XDG_RUNTIME_DIR: runtime,
};

const colourful = 'FORCE_COLOR' in env || (process.stdout.isTTY && !env.NO_COLOR);
const paint = (code, text) => (colourful ? `\x1b[${code}m${text}\x1b[0m` : text);
const say = (text) => console.log(`\n${paint(2, `# ${text}`)}`);
const quoted = (word) => (/^[\w./:=-]+$/.test(word) ? word : `"${word}"`);

/** Starts a command as a user would see it. */
function begin(...words) {
  console.log(`${paint(32, '$')} ${paint(1, ['khlone', ...words.map(quoted)].join(' '))}`);
  return spawn(process.execPath, [cli, ...words], {
    cwd: zone,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

async function end(child, expected = 0) {
  const [code, signal] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  if (code !== expected) throw new Error(`the command ended with ${signal ?? code}, expected ${expected}`);
}

const khlone = (...words) => end(begin(...words));

/** Types into a clone's terminal as a script does. */
async function talk(text, clone) {
  console.log(`${paint(32, '$')} ${paint(1, `echo ${quoted(text)} | khlone talk ${clone}`)}`);
  const child = spawn(process.execPath, [cli, 'talk', clone], {
    cwd: zone,
    env,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  child.stdin.end(`${text}\n`);
  await end(child);
}

async function opening() {
  console.log(paint(1, 'khlone: a tour in a scratch zone, with the demo brain (a script, not a model)'));

  say('Enroll two clones. The first command of a zone starts its daemon.');
  await khlone('enroll', 'mechanic', '--brain', 'demo');
  await khlone('enroll', 'reader', '--brain', 'demo');
}

async function tour(client) {
  say('Ask one: read-only. The answer streams in.');
  await khlone('ask', 'reader.1', 'Say hello, in a few words.');

  say(
    'Give work to the other. It streams as it comes; then it wants to write a file, and that needs your word.',
  );
  const events = client.events({ from: 'tail', types: ['approval.requested'] });
  await events.ready;
  const work = begin('act', 'mechanic.1', 'slow 1500 then write hello.txt hello from a clone');
  const { value: request } = await events.next();
  await events.return();
  say('Meanwhile, in another terminal: it waits, so answer it.');
  await khlone('status');
  await khlone('approvals');
  await khlone('approve', request.value.id);
  await end(work);
  const file = join(zone, 'hello.txt');
  if (!existsSync(file)) throw new Error('the clone was allowed to write hello.txt and did not');
  console.log(paint(2, `# hello.txt: ${readFileSync(file, 'utf8').trim()}`));

  say(
    'Its own terminal is on the same conversation: `khlone talk mechanic.1` sits you down at it, Ctrl-b d detaches.',
  );
  await talk('Hello from a terminal.', 'mechanic.1');

  say('Leave work behind and find it again.');
  await khlone('act', 'mechanic.1', '--detach', 'Say that you are done.');
  await client.task.wait({ task: (await client.task.list({ limit: 1 })).tasks[0].id });
  await khlone('tasks');

  say('What they are doing, and what it took.');
  await khlone('status');
  await khlone('usage');

  say('Done with one of them, and with the daemon. Everything stays on disk for the next start.');
  await khlone('retire', 'reader.1');
}

const interrupted = once(process, 'SIGINT').then(() => {
  throw new Error('interrupted');
});
let client;
try {
  await Promise.race([opening(), interrupted]);
  client = await connect({ zone, env });
  await Promise.race([tour(client), interrupted]);
} catch (error) {
  console.error(`${paint(31, 'The tour broke off:')} ${error.message}`);
  process.exitCode = 1;
} finally {
  await client?.close();
  await khlone('daemon', 'stop');
  rmSync(folder, { recursive: true, force: true });
}
if (process.exitCode === undefined) {
  console.log(`\n${paint(32, 'That was all of it.')} In a repository of yours: khlone enroll mechanic`);
}
process.exit();
