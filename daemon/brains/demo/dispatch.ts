import { randomUUID } from 'node:crypto';
import { Interruptible } from './interruptible.js';
import type { Memory } from './memory.js';
import { type Line, Output, Speech } from './speech.js';
import { type Rights, Tools } from './tools.js';
import { runTurn } from './turn.js';

/** What the program is started on. */
export interface Dispatch {
  readonly conversation: string;
  readonly memory: Memory;
  readonly rights: Rights;
}

/** Speaks stream-json on stdin and stdout until stdin ends. */
export function runDispatch({ conversation, memory, rights }: Dispatch): void {
  const out = new Output();
  const speech = new Speech(out, conversation);
  const turn = new Interruptible();
  let deaf = false;
  const answers = new Map<string, (response: Line) => void>();
  const queue: Line[] = [];
  let working = false;
  let ended = false;
  let failed = false;

  const request = (body: Line): Promise<Line> =>
    new Promise((resolve, reject) => {
      const id = randomUUID();
      const { signal } = turn;
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

  const parts = {
    out,
    speech,
    memory,
    wait: turn.wait,
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
      turn.renew();
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
      turn.interrupt();
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
        // As Claude Code does: whoever hears it knows that the answer has arrived.
        if (answers.has(id)) out.line(line);
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
}
