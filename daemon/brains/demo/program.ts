/*
 * The demo brain: a program that speaks the same lines as Claude Code does (stream-json and control
 * lines on stdin and stdout), so that khlone can be tried and tested with no account and no network.
 * With --talk it is a small terminal program instead, on the same conversation.
 * It is a script, not a model, and says so. What it does is what it is told; steps are parted by new
 * lines, semicolons or "then", and anything that is no verb is answered in plain words.
 *
 *   write <file> [text]   asks permission, then writes the file below its folder; an ask is refused
 *   read <file>           reads a file below its folder
 *   ask <question>? a|b   asks the human to choose
 *   slow <ms>             streams a sentence over that time
 *   remember <words>      keeps them in the conversation;  recall  tells them, also after a resume
 *   fail <message>        ends the turn as an API error;   logout  as one that needs a login
 *   die                   kills its own process in mid-turn
 *   hang [hard]           says nothing more; "hard" does not obey an interrupt either
 *   big <bytes>           answers with one line of that size
 *   garbage               prints lines between the lines that are not JSON
 *   noresult              answers, and never sends the result line
 *
 * With --no-session-persistence it keeps nothing; with --fork-session --resume goes on with a copy.
 *
 * Usage counts words as tokens, and costs nothing. Conversations are files in $KHLONE_DEMO_DIR, else in
 * khlone/demo below $XDG_STATE_HOME or ~/.local/state.
 */
import { randomUUID } from 'node:crypto';
import { type Dispatch, runDispatch } from './dispatch.js';
import { demoFolder, type Memory, openMemory } from './memory.js';
import { runTalk } from './talk/session.js';
import type { Rights } from './tools.js';

const flags = new Map<string, string[]>();
for (const argument of process.argv.slice(2)) {
  const [, name = '', value = ''] = /^--?([\w-]+)(?:=([\s\S]*))?$/.exec(argument) ?? [];
  flags.set(name, [...(flags.get(name) ?? []), value]);
}
const flag = (name: string): string | undefined => flags.get(name)?.[0];

const resuming = flag('resume');
const conversation = resuming ?? flag('session-id') ?? randomUUID();
const talking = flags.has('talk');

const refuse = (reason: string): never => {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
};

function begin(): Memory {
  const memory = openMemory(conversation, { env: process.env, keeps: !flags.has('no-session-persistence') });
  if (resuming !== undefined && !memory.begun)
    refuse(`No conversation found with session ID: ${conversation}`);
  if (resuming === undefined && memory.begun) refuse(`Error: Session ID ${conversation} is already in use.`);
  return memory;
}

if (talking && !(process.stdin.isTTY && process.stdout.isTTY)) refuse('--talk needs a terminal.');
const memory = begin();
const tools = flag('tools');
const rights: Rights = {
  cwd: process.cwd(),
  tools: tools === undefined ? undefined : new Set(tools.split(',')),
  acceptEdits: flag('permission-mode') === 'acceptEdits',
  rules: new Set(flags.get('allowedTools')),
  hooks: [],
};
const start: Dispatch = { conversation, memory, rights };
if (talking) runTalk({ ...start, folder: demoFolder(process.env) });
else runDispatch(start);
