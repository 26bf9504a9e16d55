// Runs one attempt after another, as whoever started it: within the sandbox of an ask, or as it is. A line of JSON on
// stdin for each, and one on stdout: how it ended.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [library] = process.argv.slice(2);
const { machineSandbox } = await import(pathToFileURL(`${library}/sandbox.js`).href);

for await (const line of createInterface({ input: process.stdin })) {
  const { script, env, places, confined } = JSON.parse(line);
  const run = { program: '/bin/sh', args: ['-c', script], cwd: places.zone, env };
  const made = await machineSandbox(places).confine(run, { readable: [], writable: [] });
  const { program, args, cwd, env: own } = confined ? made.run : run;
  const child = spawn(program, args, { cwd, env: own, stdio: ['ignore', 'pipe', 'pipe'] });
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(late);
  process.stdout.write(`${JSON.stringify({ kind: made.kind, code, said: said.slice(-2000) })}\n`);
}
