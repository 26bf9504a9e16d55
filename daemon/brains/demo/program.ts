/*
 * The demo brain: a program that speaks the same lines as Claude Code does (stream-json and control
 * lines on stdin and stdout), so that khlone can be tried and tested with no account and no network.
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
 * Usage counts words as tokens, and costs nothing. Conversations are files in $KHLONE_DEMO_DIR, else in
 * khlone/demo below $XDG_STATE_HOME or ~/.local/state.
 */
import { randomUUID } from 'node:crypto';
import { type Memory, openMemory } from './memory.js';
import { type Line, Output, Speech } from './speech.js';
import { type Rights, Tools } from './tools.js';
import { runTurn } from './turn.js';

const flags = new Map<string, string[]>();
for (const argument of process.argv.slice(2)) {
  const [, name = '', value = ''] = /^--?([\w-]+)(?:=([\s\S]*))?$/.exec(argument) ?? [];
  flags.set(name, [...(flags.get(name) ?? []), value]);
}
const flag = (name: string): string | undefined => flags.get(name)?.[0];

const resuming = flag('resume');
const conversation = resuming ?? flag('session-id') ?? randomUUID();
const out = new Output();
const speech = new Speech(out, conversation);

const refuse = (reason: string): never => {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
};

function begin(): Memory {
  const memory = openMemory(conversation, process.env);
  if (resuming !== undefined && !memory.begun)
    refuse(`No conversation found with session ID: ${conversation}`);
  if (resuming === undefined && memory.begun) refuse(`Error: Session ID ${conversation} is already in use.`);
  return memory;
}

const memory = begin();
const tools = flag('tools');
const rights: Rights = {
  cwd: process.cwd(),
  tools: tools === undefined ? undefined : new Set(tools.split(',')),
  acceptEdits: flag('permission-mode') === 'acceptEdits',
  rules: new Set(flags.get('allowedTools')),
  hooks: [],
};

let interrupt = new AbortController();
let deaf = false;
const answers = new Map<string, (response: Line) => void>();
const queue: Line[] = [];
let working = false;
let ended = false;
let failed = false;

const request = (body: Line): Promise<Line> =>
  new Promise((resolve, reject) => {
    const id = randomUUID();
    const { signal } = interrupt;
    const cancel = (): void => {
      answers.delete(id);
      out.line({ type: 'control_cancel_request', request_id: id });
      reject(signal.reason);
    };
    signal.addEventListener('abort', cancel, { once: true });
    answers.set(id, (response) => {
      signal.removeEventListener('abort', cancel);
      resolve(response);
    });
    out.line({ type: 'control_request', request_id: id, request: body });
  });

const wait = (ms: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const { signal } = interrupt;
    const cancel = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', cancel);
      resolve();
    }, ms);
    signal.addEventListener('abort', cancel, { once: true });
  });

const parts = {
  out,
  speech,
  memory,
  wait,
  tools: new Tools(speech, request, rights),
  deafen: () => {
    deaf = true;
  },
};

const textOf = (line: Line): string => {
  const content = (line['message'] as Line | undefined)?.['content'];
  if (typeof content === 'string') return content;
  return (Array.isArray(content) ? (content as Line[]) : [])
    .map((block) => String(block['text'] ?? ''))
    .join('\n');
};

async function work(): Promise<void> {
  if (working) return;
  working = true;
  for (let line = queue.shift(); line; line = queue.shift()) {
    interrupt = new AbortController();
    speech.opening(rights.cwd, [...(rights.tools ?? ['Read', 'Write', 'AskUserQuestion'])]);
    speech.echo(line);
    failed = !(await runTurn(parts, textOf(line)));
  }
  working = false;
  if (ended) leave();
}

function leave(): void {
  out.flush();
  process.exitCode = failed ? 1 : 0;
}

const respond = (id: unknown, response: Line): void =>
  out.line({ type: 'control_response', response: { subtype: 'success', request_id: id, response } });

function control(line: Line): void {
  const body = line['request'] as Line | undefined;
  if (body?.['subtype'] === 'initialize') {
    const hooks =
      (body['hooks'] as { PreToolUse?: { hookCallbackIds?: string[] }[] } | undefined)?.PreToolUse ?? [];
    rights.hooks = hooks.flatMap((hook) => hook.hookCallbackIds ?? []);
    respond(line['request_id'], {});
  } else if (body?.['subtype'] === 'interrupt') {
    if (deaf) return;
    respond(line['request_id'], {});
    interrupt.abort();
  }
}

function receive(text: string): void {
  if (text === '') return;
  const line = JSON.parse(text) as Line;
  switch (line['type']) {
    case 'user':
      queue.push(line);
      void work();
      return;
    case 'control_request':
      control(line);
      return;
    case 'control_response': {
      const response = line['response'] as Line | undefined;
      const id = String(response?.['request_id']);
      answers.get(id)?.((response?.['response'] as Line | undefined) ?? {});
      answers.delete(id);
      return;
    }
  }
}

let rest = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) receive(line);
});
process.stdin.on('end', () => {
  ended = true;
  if (!working) leave();
});
