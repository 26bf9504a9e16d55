import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One block of a scripted assistant message. */
export type ScriptedBlock =
  | {
      readonly text: string;
      /** Pieces the text is streamed in. */ readonly pieces?: number;
      /** Pause between pieces. */ readonly everyMs?: number;
    }
  | { readonly tool: string; readonly input: Readonly<Record<string, unknown>> };

/** What the model answers to one request. */
export type ScriptedReply =
  | { readonly blocks: readonly ScriptedBlock[] }
  /** An HTTP error with the API's error body. */
  | {
      readonly status: number;
      readonly error: string;
      readonly message: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Begins a stream and never goes on. */
  | { readonly hang: true };

/** A reply that is thought of when it is asked for. */
export type LateReply = () => Promise<ScriptedReply>;

/** The answers to a cue: one per request that follows it (the first to the cue itself, the next to its tool results, …). */
export interface ScriptedRule {
  readonly cue: string | RegExp;
  readonly replies: readonly (ScriptedReply | LateReply)[];
}

/** The part of a Messages API request that a test looks at. */
export interface SeenRequest {
  readonly model: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: RequestBody;
}

interface ContentBlock {
  readonly type: string;
  readonly text?: string;
}

interface RequestBody {
  readonly model: string;
  readonly system?: unknown;
  readonly tools?: readonly { readonly name: string }[];
  readonly messages: readonly { readonly role: string; readonly content: string | readonly ContentBlock[] }[];
}

/** A Messages API with fixed answers, on loopback. */
export interface ScriptedModel {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Adds rules; the newest that matches answers. */
  rule(cue: string | RegExp, ...replies: (ScriptedReply | LateReply)[]): void;
  /** Resolves with the next (or an earlier) request whose conversation holds the cue in its last turn. */
  seen(cue: string | RegExp): Promise<SeenRequest>;
  close(): Promise<void>;
}

/** What a subscriber is answered whose plan is used up until a time, in seconds since 1970. */
export const usedUp = (until: number): ScriptedReply => ({
  status: 429,
  error: 'rate_limit_error',
  message: "This request would exceed your account's rate limit. Please try again later.",
  headers: {
    'anthropic-ratelimit-unified-status': 'rejected',
    'anthropic-ratelimit-unified-reset': String(until),
    'anthropic-ratelimit-unified-representative-claim': 'five_hour',
  },
});

/** A reply of plain text. */
export const say = (text: string, pace: { pieces?: number; everyMs?: number } = {}): ScriptedReply => ({
  blocks: [{ text, ...pace }],
});

/** A reply that calls one tool. */
export const use = (tool: string, input: Readonly<Record<string, unknown>>): ScriptedReply => ({
  blocks: [{ tool, input }],
});

/** A reply that fails as the API does. */
export const refuse = (status: number, error: string, message: string): ScriptedReply => ({
  status,
  error,
  message,
});

const matches = (text: string, cue: string | RegExp): boolean =>
  typeof cue === 'string' ? text.includes(cue) : cue.test(text);

/**
 * What the human said last in a message. The CLI adds reminders and notes of its own, and joins messages
 * that follow each other, so only the last text that is none of these counts.
 */
const spokenIn = (content: string | readonly ContentBlock[]): string =>
  (typeof content === 'string'
    ? [content]
    : content.filter((block) => block.type === 'text').map((block) => block.text ?? '')
  )
    .filter(
      (text) =>
        text !== '' && !text.startsWith('<system-reminder>') && !text.startsWith('[Request interrupted'),
    )
    .at(-1) ?? '';

/** Starts the model; whatever no rule matches is answered with `ok`. */
export async function startScriptedModel(...rules: readonly ScriptedRule[]): Promise<ScriptedModel> {
  const known: ScriptedRule[] = [...rules];
  const requests: SeenRequest[] = [];
  const waiting: { cue: string | RegExp; heard: (request: SeenRequest) => void }[] = [];
  let messages = 0;

  /** The last thing said to the model, and how many answers were given to it already. */
  const lastSaid = (body: RequestBody): { text: string; answered: number } => {
    const at = body.messages.findLastIndex(
      (message) => message.role === 'user' && spokenIn(message.content) !== '',
    );
    const said = body.messages[at];
    const answered = body.messages.slice(at + 1).filter((later) => later.role === 'assistant').length;
    return { text: said ? spokenIn(said.content) : '', answered };
  };

  const choose = (body: RequestBody): ScriptedReply | LateReply => {
    const { text, answered } = lastSaid(body);
    const rule = known.findLast((candidate) => matches(text, candidate.cue));
    return rule?.replies[Math.min(answered, rule.replies.length - 1)] ?? say('ok');
  };

  const server = createServer((request, response) => {
    void serve(request, response).catch(() => response.destroy());
  });

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'POST' || !request.url?.startsWith('/v1/messages')) {
      response.writeHead(request.method === 'HEAD' ? 200 : 404).end();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as RequestBody;
    if (request.url.includes('count_tokens')) {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"input_tokens":10}');
      return;
    }
    const seen: SeenRequest = {
      model: body.model,
      text: lastSaid(body).text,
      headers: request.headers,
      body,
    };
    requests.push(seen);
    for (const wait of [...waiting]) {
      if (!matches(seen.text, wait.cue)) continue;
      waiting.splice(waiting.indexOf(wait), 1);
      wait.heard(seen);
    }
    const reply = choose(body);
    await answer(response, typeof reply === 'function' ? await reply() : reply, body.model);
  };

  const answer = async (response: ServerResponse, reply: ScriptedReply, model: string): Promise<void> => {
    if ('status' in reply) {
      const common = { 'content-type': 'application/json', 'x-should-retry': 'false' };
      response.writeHead(reply.status, { ...common, ...reply.headers });
      response.end(JSON.stringify({ type: 'error', error: { type: reply.error, message: reply.message } }));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const event = (data: Record<string, unknown>): void => {
      response.write(`event: ${String(data['type'])}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    const usage = {
      input_tokens: 10,
      cache_creation_input_tokens: 3,
      cache_read_input_tokens: 2,
      output_tokens: 1,
    };
    const id = `msg_scripted_${process.pid}_${++messages}`;
    event({
      type: 'message_start',
      message: {
        id,
        type: 'message',
        role: 'assistant',
        model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage,
      },
    });
    if ('hang' in reply) return;
    for (const [index, block] of reply.blocks.entries()) await stream(event, index, block);
    const reason = reply.blocks.some((block) => 'tool' in block) ? 'tool_use' : 'end_turn';
    event({
      type: 'message_delta',
      delta: { stop_reason: reason, stop_sequence: null },
      usage: { output_tokens: 7 },
    });
    event({ type: 'message_stop' });
    response.end();
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    rule(cue, ...replies) {
      known.push({ cue, replies });
    },
    seen(cue) {
      const already = requests.find((request) => matches(request.text, cue));
      if (already) return Promise.resolve(already);
      return new Promise((resolve) => waiting.push({ cue, heard: resolve }));
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function stream(
  event: (data: Record<string, unknown>) => void,
  index: number,
  block: ScriptedBlock,
): Promise<void> {
  const start = (content: Record<string, unknown>): void =>
    event({ type: 'content_block_start', index, content_block: content });
  const delta = (change: Record<string, unknown>): void =>
    event({ type: 'content_block_delta', index, delta: change });
  if ('tool' in block) {
    const id = `toolu_${Math.random().toString(36).slice(2)}${Date.now().toString(36)}`;
    start({ type: 'tool_use', id, name: block.tool, input: {} });
    delta({ type: 'input_json_delta', partial_json: JSON.stringify(block.input) });
  } else {
    start({ type: 'text', text: '' });
    const size = Math.max(1, Math.ceil(block.text.length / (block.pieces ?? 2)));
    for (let at = 0; at < block.text.length; at += size) {
      if (at > 0 && block.everyMs) await new Promise((resolve) => setTimeout(resolve, block.everyMs));
      delta({ type: 'text_delta', text: block.text.slice(at, at + size) });
    }
  }
  event({ type: 'content_block_stop', index });
}
