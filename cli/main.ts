#!/usr/bin/env node
import { showStatus } from './commands/status.js';
import { exitCodes, type Ending } from './exit.js';
import type { Context } from './context.js';
import { Output } from './output.js';

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

const context = ({ zone }: { readonly zone?: string }): Context => ({
  folder: zone ?? process.cwd(),
  env: process.env,
  out,
  // Asked for only where a command reads it: opening it has a cost.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
});

/**
 * What a plain `status` names as its zone: `{}` where none, undefined where the words are anything else. Prompts and
 * scripts call it again and again, so it goes without the parser of the command line, a sixth of the time it takes.
 */
function plainStatus(): { readonly zone?: string } | undefined {
  const [verb, ...rest] = words.filter((word) => word !== '--json');
  if (verb !== 'status') return undefined;
  if (rest.length === 0) return {};
  const [option, zone] = rest;
  if (option !== '--zone' || zone === undefined || zone.startsWith('-') || rest.length > 2) return undefined;
  return { zone };
}

async function run(): Promise<Ending> {
  try {
    const plain = plainStatus();
    if (plain !== undefined) return await showStatus(context(plain));
    const { createProgram } = await import('./program.js');
    const { verbs } = await import('./verbs.js');
    const program = await createProgram({
      // A word that only looks like a verb (the value of an option) costs one file loaded for nothing.
      load: verbs.filter(({ name }) => options.includes(name)).map(({ name }) => name),
      stdout: (text) => out.write(text),
      context,
    });
    return await program.run(words);
  } catch (error) {
    const { reportFailure } = await import('./failure.js');
    const { verbs } = await import('./verbs.js');
    const verb = options.find((word) => verbs.some(({ name }) => name === word));
    return reportFailure(error, out, verb);
  }
}

void run().then(async (ending) => {
  await out.flush();
  // At once, and not when the last handle is gone: a paused terminal or an open socket would keep the process.
  process.exit(exitCodes[ending].code);
});
