import { constants } from 'node:os';
import type { Dispatch } from '../dispatch.js';
import { Interruptible } from '../interruptible.js';
import { Tools } from '../tools.js';
import { runTurn, type TurnParts } from '../turn.js';
import { Editor } from './editor.js';
import { type Key, Keys } from './keys.js';
import { Questions } from './questions.js';
import { Screen } from './screen.js';
import { Transcript } from './transcript.js';
import { draw, type Entry } from './view.js';
import { ScreenVoice } from './voice.js';

/** What the terminal program is started on. */
export interface Talk extends Dispatch {
  /** Where its transcript goes. */
  readonly folder: string;
}

const header = ' khlone demo: a script and not a model. /exit or Ctrl-D ends it.';
const farewell = 'The conversation is kept.';

/** Talks with the human at this terminal until that ends it. */
export function runTalk(talk: Talk): void {
  new Session(talk).start();
}

class Session {
  readonly #editor = new Editor();
  readonly #keys = new Keys();
  readonly #turn = new Interruptible();
  readonly #screen = new Screen(process.stdout);
  readonly #entries: Entry[];
  readonly #questions: Questions;
  readonly #voice: ScreenVoice;
  readonly #parts: TurnParts;
  readonly #queue: string[] = [];
  #working = false;
  #deaf = false;
  #leaving = false;
  #ended = false;
  #stale = false;
  #scroll = 0;
  #hint = '';

  constructor({ conversation, folder, memory, rights }: Talk) {
    this.#entries = memory.turns.flatMap(({ said, answered }): Entry[] => [
      { who: 'you', text: said },
      { who: 'demo', text: answered },
    ]);
    const changed = (): void => this.#changed();
    const { wait } = this.#turn;
    const transcript = new Transcript(folder, conversation);
    this.#questions = new Questions(this.#turn, changed);
    this.#voice = new ScreenVoice({ entries: this.#entries, transcript, wait, changed });
    this.#parts = {
      // What a program would read between the lines has no place on a screen.
      out: { raw: () => undefined, flush: () => undefined },
      speech: this.#voice,
      tools: new Tools(this.#voice, this.#questions.ask, rights),
      memory,
      wait,
      deafen: () => {
        this.#deaf = true;
      },
    };
  }

  start(): void {
    const { stdin, stdout } = process;
    stdin.setRawMode(true);
    stdin.setEncoding('utf8');
    stdin.on('data', (chunk: string) => {
      for (const key of this.#keys.read(chunk)) this.#press(key);
      this.#changed();
    });
    stdin.on('end', () => this.#leave());
    stdout.on('resize', () => {
      this.#screen.forget();
      this.#changed();
    });
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
      process.once(signal, () => this.#end(128 + constants.signals[signal]));
    }
    this.#changed();
  }

  #press(key: Key): void {
    this.#hint = '';
    if ('text' in key) return this.#editor.insert(key.text);
    switch (key.deed) {
      case 'enter':
        return this.#enter();
      case 'interrupt':
        return this.#interrupt();
      case 'leave':
        if (this.#editor.text === '') this.#leave();
        return;
      case 'pageUp':
      case 'pageDown': {
        const half = Math.max(1, Math.floor(process.stdout.rows / 2));
        this.#scroll = Math.max(0, this.#scroll + (key.deed === 'pageUp' ? half : -half));
        return;
      }
      default:
        this.#editor.edit(key.deed);
    }
  }

  #enter(): void {
    const text = this.#editor.take().trim();
    this.#scroll = 0;
    if (text === '/exit') return this.#leave();
    if (this.#questions.text !== undefined) {
      if (!this.#questions.answer(text)) this.#hint = 'That is no answer. ';
      return;
    }
    if (text === '') return;
    this.#queue.push(text);
    void this.#work();
  }

  #interrupt(): void {
    if (this.#working && !this.#deaf) this.#turn.interrupt();
    else if (this.#editor.text === '') this.#hint = '/exit or Ctrl-D ends the demo.';
    else this.#editor.take();
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    for (let text = this.#queue.shift(); text !== undefined && !this.#leaving; text = this.#queue.shift()) {
      this.#turn.renew();
      this.#voice.hear(text);
      await runTurn(this.#parts, text);
      this.#voice.finish();
    }
    this.#working = false;
    if (this.#leaving) this.#end(0);
    this.#changed();
  }

  /** Ends it once the turn that is on has been broken off and noted. */
  #leave(): void {
    this.#leaving = true;
    this.#turn.interrupt();
    if (!this.#working || this.#deaf) this.#end(0);
  }

  #end(code: number): void {
    if (this.#ended) return;
    this.#ended = true;
    process.stdin.setRawMode(false);
    this.#screen.close(farewell, () => process.exit(code));
  }

  #status(): string {
    const { text } = this.#questions;
    if (text !== undefined) return `${this.#hint}${text}`;
    if (this.#working) {
      const waiting = this.#queue.length === 0 ? '' : `, ${this.#queue.length} more waiting`;
      return `Working${waiting}. Ctrl-C interrupts.`;
    }
    return this.#hint || 'Ready.';
  }

  /** Draws once for all that changes in one stretch of work. */
  #changed(): void {
    if (this.#stale) return;
    this.#stale = true;
    queueMicrotask(() => {
      this.#stale = false;
      if (this.#ended) return;
      const { columns: cols, rows } = process.stdout;
      const { text, cursor } = this.#editor;
      const scene = {
        header,
        entries: this.#entries,
        status: this.#status(),
        input: { text, cursor },
        scroll: this.#scroll,
      };
      this.#screen.show(draw(scene, { cols, rows }), `khlone demo${this.#working ? ': working' : ''}`);
    });
  }
}
