// A brain that breaks its protocol in the way $FAULT names. It speaks stream-json well otherwise, and
// answers "answer <n>" where n counts its turns; $STARTS is a file in which it counts its starts.
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';

// With $ONCE only the first process has the fault.
appendFileSync(process.env.STARTS, `${process.argv.find((a) => /^--(resume|session-id)=/.test(a))}\n`);
const starts = readFileSync(process.env.STARTS, 'utf8').trim().split('\n').length;
const fault = process.env.ONCE !== undefined && starts > 1 ? '' : (process.env.FAULT ?? '');
const line = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const event = (value) => line({ type: 'stream_event', parent_tool_use_id: null, event: value });
const ok = (id) => line({ type: 'control_response', response: { subtype: 'success', request_id: id } });
let turns = 0;
let tool = false;
if (fault === 'sandbox-is-late') {
  process.stderr.write("bwrap: Can't create file at /run/gone.sock: Read-only file system\n");
  process.exit(1);
}

const result = (text, more = {}) =>
  line({ type: 'result', subtype: 'success', is_error: false, result: text, modelUsage: {}, ...more });

const message = (text) => {
  event({ type: 'message_start', message: { id: `m${turns}` } });
  event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
  event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
  line({
    type: 'assistant',
    parent_tool_use_id: null,
    message: { id: `m${turns}`, content: [{ type: 'text', text }] },
  });
  event({ type: 'message_delta', delta: { stop_reason: 'end_turn' } });
  event({ type: 'message_stop' });
};

const accept = (uuid) => {
  line({ type: 'system', subtype: 'init' });
  line({ type: 'user', isReplay: true, uuid, message: { role: 'user', content: [] } });
};

const toolUse = () =>
  line({
    type: 'assistant',
    parent_tool_use_id: null,
    message: { id: 't', content: [{ type: 'tool_use', id: 'tool1', name: 'Bash', input: { command: 'x' } }] },
  });

const usage = (n, cost) => ({ modelUsage: { m: { inputTokens: n, outputTokens: 2 * n, costUSD: cost } } });

/** In a child, since the whole tree counts. */
const eatMemory = () => {
  const eat = 'const all = []; setInterval(() => all.push(Buffer.alloc(16 * 1024 * 1024, 1)), 20)';
  spawn(process.execPath, ['-e', eat], { stdio: 'ignore' });
};

function turn(uuid) {
  turns += 1;
  const text = `answer ${turns}`;
  switch (fault) {
    case 'never-accepts':
      return;
    case 'accepts-in-second-process':
      if (starts === 1) return;
      break;
    case 'silent':
      accept(uuid);
      return;
    case 'silent-with-tool':
      accept(uuid);
      toolUse();
      tool = true;
      return;
    case 'silent-with-approval':
      accept(uuid);
      line({
        type: 'control_request',
        request_id: 'p1',
        request: { subtype: 'can_use_tool', tool_name: 'Bash', input: {} },
      });
      return;
    case 'dies-before-result':
      accept(uuid);
      message(text);
      process.stdout.write('', () => process.exit(0));
      return;
    case 'eats-memory': {
      accept(uuid);
      eatMemory();
      // Not silent.
      setInterval(() => line({ type: 'system', subtype: 'status', status: 'requesting' }), 100);
      return;
    }
    case 'no-result':
      accept(uuid);
      message(text);
      return;
    case 'dies-with-tool':
      accept(uuid);
      toolUse();
      process.stderr.write(`token ${process.env.MY_TOKEN} and noise ${'n'.repeat(10000)} last words\n`, () =>
        process.exit(7),
      );
      return;
    case 'goes-on':
      accept(uuid);
      message('first');
      line({ type: 'system', subtype: 'status', status: 'requesting' });
      setTimeout(() => {
        message('second');
        result('second');
      }, 300);
      return;
    case 'result-only':
      result(text);
      return;
    case 'slow-tail':
      accept(uuid);
      message(text);
      setTimeout(() => result(text), 50);
      return;
    case 'utf8': {
      accept(uuid);
      const bytes = Buffer.from(
        `${JSON.stringify({ type: 'result', subtype: 'success', is_error: false, result: 'zwölf Straßen €😀', modelUsage: {} })}\n`,
      );
      let at = 0;
      const drip = () => {
        process.stdout.write(bytes.subarray(at, at + 1));
        at += 1;
        if (at < bytes.length) setImmediate(drip);
      };
      drip();
      return;
    }
    case 'counts':
      accept(uuid);
      message(text);
      result(text, turns === 1 ? usage(10, 0.5) : turns === 2 ? usage(25, 0.75) : usage(4, 0.1));
      return;
    case 'error-without-text':
      accept(uuid);
      line({ type: 'result', subtype: 'error_max_turns', is_error: true, errors: ['too', 'many'] });
      return;
    case 'dies-at-rest':
      if (starts === 1 && turns === 2) process.exit(0);
      break;
    case 'asks-between-turns':
      accept(uuid);
      message(text);
      result(text);
      line({
        type: 'control_request',
        request_id: 'p2',
        request: { subtype: 'can_use_tool', tool_name: 'Bash', input: {} },
      });
      return;
    case 'writes': {
      // Into $WRITES, whatever it was asked, once $GO is there; that it is at it is told by a file.
      accept(uuid);
      writeFileSync(`${process.env.STARTS}.turns`, '');
      const look = setInterval(() => {
        if (!existsSync(process.env.GO)) return;
        clearInterval(look);
        if (process.env.WRITES) writeFileSync(process.env.WRITES, `written in turn ${turns}\n`);
        message(text);
        result(text);
      }, 10);
      return;
    }
    case 'unknown-request':
      accept(uuid);
      line({ type: 'control_request', request_id: 'p3', request: { subtype: 'read_my_mind' } });
      return;
  }
  accept(uuid);
  message(text);
  result(text);
}

function control(value) {
  const { request_id: id, request } = value;
  if (request.subtype === 'initialize') {
    if (fault === 'refuses-initialize') {
      line({
        type: 'control_response',
        response: { subtype: 'error', request_id: id, error: 'no hooks here' },
      });
    } else if (fault !== 'never-initializes') ok(id);
  } else if (request.subtype === 'interrupt') {
    ok(id);
    if (fault === 'finishes-anyway') return;
    if (fault === 'silent-with-tool' || fault === 'silent') {
      line({ type: 'result', subtype: 'error_during_execution', is_error: true, errors: ['aborted'] });
    }
  }
}

if (fault === 'exits-at-once') {
  process.stderr.write(`cannot start with ${process.env.MY_TOKEN}\n`);
  process.exit(2);
}
if (fault === 'hangs-after-result' || process.env.DEAF !== undefined) {
  process.on('SIGTERM', () => {});
  setInterval(() => {}, 1000);
}

if (fault === 'eats-memory-when-told') {
  const look = setInterval(() => {
    if (!existsSync(process.env.EAT)) return;
    clearInterval(look);
    eatMemory();
  }, 50);
}

let rest = '';
process.stdin.setEncoding('utf8').on('data', (chunk) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop();
  for (const each of lines) {
    const value = JSON.parse(each);
    if (value.type === 'user') turn(value.uuid);
    else if (value.type === 'control_request') control(value);
    else if (value.type === 'control_response') {
      const { request_id: id, subtype, response } = value.response;
      const said = id === 'p3' ? subtype : response.behavior;
      if (fault === 'asks-between-turns') message(said);
      else result(said);
      if (tool) tool = false;
    }
  }
});
