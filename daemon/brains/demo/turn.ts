import type { Memory } from './memory.js';
import { countWords, type Output, type Voice } from './speech.js';
import { type Step, stepsOf } from './steps.js';
import type { ToolEnd, Tools } from './tools.js';

/** What a turn works with. */
export interface TurnParts {
  readonly out: Pick<Output, 'raw' | 'flush'>;
  readonly speech: Voice;
  readonly tools: Tools;
  readonly memory: Memory;
  /** Waits, unless the turn is interrupted first: then it rejects with an AbortError. */
  readonly wait: (ms: number) => Promise<void>;
  /** From here on interrupts are not obeyed. */
  readonly deafen: () => void;
}

/** How the turn's last line comes. */
type Ending =
  | { readonly kind: 'done' | 'noresult' }
  | { readonly kind: 'failed'; readonly text: string; readonly error: string };

const greeting = 'This is the khlone demo, a script and not a model.';

const told = (end: ToolEnd, done: string): string => (end.failed ? `I could not: ${end.output}` : done);

/** Runs one turn to its `result` line; says whether it succeeded. */
export async function runTurn(parts: TurnParts, say: string): Promise<boolean> {
  const { speech, memory } = parts;
  const words = { input: countWords(say), output: 0 };
  try {
    const heard: string[] = [];
    let ending: Ending = { kind: 'done' };
    for (const step of stepsOf(say)) {
      const outcome = await perform(parts, step);
      if (typeof outcome === 'string') heard.push(outcome);
      else ending = outcome;
      if (ending.kind === 'failed') break;
    }
    if (ending.kind === 'failed') {
      speech.errorMessage(ending.text, ending.error);
      speech.result({ subtype: 'success', failed: true, text: ending.text, words });
      return false;
    }
    const text = heard.join('\n') || `${greeting} Nothing was said.`;
    await speech.message(text, 4);
    words.output = countWords(text);
    memory.turn(say, text);
    if (ending.kind === 'done') speech.result({ subtype: 'success', failed: false, text, words });
    return true;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
    const text = 'interrupted';
    memory.turn(say, text);
    speech.result({ subtype: 'error_during_execution', failed: true, text, words });
    return false;
  }
}

/** Does one step; gives what to say of it, or how the turn is to end. */
async function perform(parts: TurnParts, step: Step): Promise<string | Ending> {
  const { out, speech, tools, memory, wait } = parts;
  switch (step.verb) {
    case 'say':
      return `${greeting} You said: ${step.text}`;
    case 'write':
      return told(await tools.write(step.file, step.text), `I wrote ${step.file}.`);
    case 'read': {
      const end = await tools.read(step.file);
      return told(end, `${step.file} says: ${end.output.slice(0, 200).trim()}`);
    }
    case 'ask': {
      const end = await tools.ask(step.question, step.options);
      return told(end, `You answered: ${end.output}.`);
    }
    case 'slow': {
      const text = 'The demo takes its time, word by word, because it was told to be slow.';
      const pieces = 10;
      await speech.message(text, pieces, () => wait(step.ms / pieces));
      return 'That was slow.';
    }
    case 'remember':
      memory.remember(step.what);
      return `I will remember: ${step.what}`;
    case 'recall':
      return memory.remembered.length === 0
        ? 'I remember nothing.'
        : `I remember: ${memory.remembered.join(', ')}`;
    case 'big':
      return 'x'.repeat(step.bytes);
    case 'garbage':
      out.raw('this line is no JSON at all');
      out.raw('{"type":"half a line');
      out.raw('[1, 2, 3]');
      return 'I printed garbage.';
    case 'fail':
      return { kind: 'failed', text: `API Error: 500 ${step.message}`, error: 'server_error' };
    case 'logout':
      return { kind: 'failed', text: 'Not logged in · Please run /login', error: 'authentication_failed' };
    case 'noresult':
      return { kind: 'noresult' };
    case 'hang':
      if (step.hard) parts.deafen();
      await wait(2 ** 31 - 1);
      return 'I hung for a very long time.';
    case 'die':
      out.flush();
      process.stderr.write('told to die\n');
      process.kill(process.pid, 'SIGKILL');
      return 'dead';
  }
}
