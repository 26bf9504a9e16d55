#!/usr/bin/env node
import { exitCodes } from './exit.js';
import { reportFailure } from './failure.js';
import { Output } from './output.js';
import { createProgram } from './program.js';
import { verbs } from './verbs.js';

const words = process.argv.slice(2);
const until = words.indexOf('--');
const options = until < 0 ? words : words.slice(0, until);

const out = new Output({
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  json: options.includes('--json'),
  exit: (code) => process.exit(code),
});

// A word that only looks like the verb (the value of an option) costs one file loaded for nothing.
const named = verbs.filter(({ name }) => options.includes(name)).map(({ name }) => name);

async function main(): Promise<number> {
  try {
    const program = await createProgram({
      load: named,
      stdout: (text) => out.write(text),
      context: ({ zone }) => ({
        folder: zone ?? process.cwd(),
        env: process.env,
        out,
        stdin: process.stdin,
      }),
    });
    return exitCodes[await program.run(words)].code;
  } catch (error) {
    return exitCodes[reportFailure(error, out)].code;
  }
}

const code = await main();
await out.flush();
// At once, and not when the last handle is gone: a paused terminal or an open socket would keep the process.
process.exit(code);
