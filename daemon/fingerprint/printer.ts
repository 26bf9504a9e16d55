import { Worker } from 'node:worker_threads';
import { type Disposable, onUnexpectedError } from '../lifecycle.js';
import type {
  Comparison,
  FromThread,
  Keep,
  PrintAnswers,
  PrintRequest,
  ThreadData,
  ToThread,
} from './messages.js';

/** Longest wait for the thread, in ms; a disk that hangs holds up no ask for ever. */
const answerMs = 20_000;

/** How long the thread stays after the last ask, in ms; the next one begins anew. */
const lingerMs = 15 * 60_000;

/** Heap of the thread, in MB: a million entries fit. */
const heap = { maxOldGenerationSizeMb: 1024 };

/** A print that others are compared with, until it is disposed. */
export interface Print extends Disposable {
  /** Why it is not whole, if so. */
  readonly partial: string | undefined;
  /** Looks again. Rejects where nothing can be said. */
  compare(): Promise<Comparison>;
  /** What differed at these paths at the last comparison, as a text. */
  diff(paths: readonly string[]): Promise<PrintAnswers['diff']>;
}

/** A print that was kept, and the number that was noted with it. */
export interface KeptPrint extends Print {
  readonly since: number;
}

/** Takes prints of a zone. */
export interface Printer {
  /** With `keep` it is to be had again by `resume`, also from another daemon. Rejects where none can be taken. */
  take(keep?: Keep): Promise<Print>;
  /** A print that was kept. Rejects where it was not. */
  resume(key: string): Promise<KeptPrint>;
}

interface Waiting {
  readonly resolve: (answer: PrintAnswers[PrintRequest['type']]) => void;
  readonly reject: (error: Error) => void;
  readonly late: NodeJS.Timeout;
}

interface Options {
  /** The compiled program of the thread. */
  readonly program?: URL;
  /** Longest wait for it, in ms. */
  readonly waitMs?: number;
}

/** Takes prints in a thread of its own, which is there from the first ask on. */
export class ThreadPrinter implements Printer, Disposable {
  readonly #zone: ThreadData;
  readonly #program: URL;
  readonly #waitMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #linger: NodeJS.Timeout | undefined;
  #lastId = 0;
  #prints = 0;
  #disposed = false;

  constructor(zone: ThreadData, { program, waitMs = answerMs }: Options = {}) {
    this.#zone = zone;
    this.#program = program ?? new URL('./worker.js', import.meta.url);
    this.#waitMs = waitMs;
  }

  async take(keep?: Keep): Promise<Print> {
    const { print } = await this.#have({ type: 'take', keep });
    return print;
  }

  async resume(key: string): Promise<KeptPrint> {
    const { print, answer } = await this.#have({ type: 'resume', key });
    return { ...print, since: answer.since };
  }

  async #have<R extends Extract<PrintRequest, { type: 'take' | 'resume' }>>(
    request: R,
  ): Promise<{ readonly print: Print; readonly answer: PrintAnswers[R['type']] }> {
    clearTimeout(this.#linger);
    const worker = this.#start();
    this.#prints += 1;
    let held = true;
    const letGo = (mark?: number): void => {
      if (!held) return;
      held = false;
      this.#prints -= 1;
      if (mark !== undefined && worker === this.#worker)
        this.#send(worker, { type: 'release', mark }).catch(() => {});
      if (this.#prints === 0 && !this.#disposed)
        this.#linger = setTimeout(() => this.#stop(new Error('nothing was asked')), lingerMs).unref();
    };
    try {
      const answer = await this.#send(worker, request);
      const { mark, partial } = answer;
      const print: Print = {
        partial,
        compare: () => this.#send(worker, { type: 'compare', mark }),
        diff: (paths) => this.#send(worker, { type: 'diff', mark, paths }),
        dispose: () => letGo(mark),
      };
      return { print, answer };
    } catch (error) {
      letGo();
      throw error;
    }
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#linger);
    this.#stop(new Error('the daemon is stopping'));
  }

  #send<R extends PrintRequest>(worker: Worker, request: R): Promise<PrintAnswers[R['type']]> {
    // A print is known only to the thread that took it.
    if (worker !== this.#worker) return Promise.reject(new Error('the print before it was lost'));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#stop(new Error(`the zone could not be looked at within ${this.#waitMs} ms`));
      }, this.#waitMs).unref();
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject, late });
      const message: ToThread = { id, request };
      this.#worker?.postMessage(message);
    });
  }

  #start(): Worker {
    if (this.#disposed) throw new Error('the daemon is stopping');
    if (this.#worker) return this.#worker;
    const worker = new Worker(this.#program, {
      name: 'prints',
      workerData: this.#zone,
      resourceLimits: heap,
      // Where git is found; nothing else of the daemon's is any of its business.
      env: { PATH: process.env['PATH'] },
      execArgv: [],
    });
    worker.unref();
    worker.on('message', (message: FromThread) => this.#hear(message));
    worker.on('error', (error) => this.#died(worker, error));
    worker.on('exit', () => this.#died(worker, new Error('the thread that looks at the zone has ended')));
    this.#worker = worker;
    return worker;
  }

  #hear(message: FromThread): void {
    if ('fault' in message) return onUnexpectedError(new Error(message.fault));
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return;
    this.#waiting.delete(message.id);
    clearTimeout(waiting.late);
    if ('failed' in message) waiting.reject(new Error(message.failed));
    else waiting.resolve(message.answer);
  }

  #died(worker: Worker, error: Error): void {
    if (worker !== this.#worker) return;
    onUnexpectedError(error);
    this.#stop(error);
  }

  #stop(why: Error): void {
    const worker = this.#worker;
    this.#worker = undefined;
    for (const { reject, late } of this.#waiting.values()) {
      clearTimeout(late);
      reject(why);
    }
    this.#waiting.clear();
    void worker?.terminate();
  }
}
