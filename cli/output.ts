import type { Writable } from 'node:stream';
import { exitCodes, type Ending } from './exit.js';
import { sanitizeJson } from './render/sanitize.js';
import { describeSurface, type Surface, type TerminalStream } from './surface.js';

type Stream = Writable & TerminalStream;

/** Where output goes, and in which form. */
export interface OutputRequest {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: NodeJS.ProcessEnv;
  readonly json: boolean;
  /** Ends the process; called when nobody reads any more. */
  readonly exit: (code: number) => void;
}

/** All a command says: results on stdout, notes and questions on stderr. */
export class Output {
  /** Whether results are JSON. */
  readonly json: boolean;
  /** How the process ends when its reader has gone: quietly, and still saying what became of a task. */
  endingWhenClosed: Ending = 'done';
  readonly #request: OutputRequest;
  #held: (() => void)[] | undefined;

  constructor(request: OutputRequest) {
    this.#request = request;
    this.json = request.json;
    request.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') request.exit(exitCodes[this.endingWhenClosed].code);
      else request.exit(exitCodes.failed.code);
    });
    // Notes that nobody can read are no reason to end what the results are for.
    request.stderr.on('error', () => undefined);
  }

  /** The stream of results, as it is now. */
  get results(): Surface {
    return describeSurface(this.#request.stdout, this.#request.env);
  }

  /** The stream of notes, as it is now. */
  get notes(): Surface {
    return describeSurface(this.#request.stderr, this.#request.env);
  }

  /** Rows of the terminal that results go to; undefined for a pipe. */
  get rows(): number | undefined {
    const { stdout } = this.#request;
    return stdout.isTTY === true ? (stdout as Stream & { rows?: number }).rows : undefined;
  }

  /** Writes a result. */
  write(text: string): void {
    this.#put(this.#request.stdout, text);
  }

  /** Writes a note. */
  note(text: string): void {
    this.#put(this.#request.stderr, text);
  }

  /** Writes a question at once, even while all else is held. */
  ask(text: string): void {
    this.#request.stderr.write(text);
  }

  /** Writes an object as JSON: indented for a reader at a terminal, else on one line. */
  object(value: unknown): void {
    const indent = this.#request.stdout.isTTY === true ? 2 : undefined;
    this.write(`${sanitizeJson(JSON.stringify(value, null, indent))}\n`);
  }

  /** Writes an object as one line of JSON, for a flow of them. */
  line(value: unknown): void {
    this.write(`${sanitizeJson(JSON.stringify(value))}\n`);
  }

  /** Keeps what is written back, so that a question stands still. */
  hold(): void {
    this.#held ??= [];
  }

  /** Writes what was kept back. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const write of held) write();
  }

  /** Resolves when all that was written is out, or can never be. */
  async flush(): Promise<void> {
    const { stdout, stderr } = this.#request;
    await Promise.all([stdout, stderr].map((stream) => drained(stream)));
  }

  #put(stream: Stream, text: string): void {
    if (text === '') return;
    if (this.#held === undefined) stream.write(text);
    else this.#held.push(() => stream.write(text));
  }
}

function drained(stream: Stream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) resolve();
    else stream.write('', () => resolve());
  });
}
