import { Worker } from 'node:worker_threads';
import { onUnexpectedError } from '../../lifecycle.js';
import type { Screen, Screens, ScreenSource, ScreenStart } from '../contract.js';
import type { ScreenRequest } from './headlessScreen.js';
import { slots, type Answer, type FromThread, type ThreadData, type ToThread } from './messages.js';
import { ThreadScreen, type ScreenThread } from './threadScreen.js';

/** Time in which output is gathered before the thread gets it, in milliseconds. */
const gatherTime = 4;

/** Time between two pieces of a screen that is in a flood, in milliseconds. */
const restTime = 20;

/** How long the thread stays when the last screen is gone, in milliseconds. */
const lingerTime = 5_000;

/** A thread that dies again within this time gets nothing of the past to read, in milliseconds. */
const calmTime = 60_000;

/** So often within that time it is started anew at once; then only after it. */
const quickRevivals = 3;

/** Heap of the thread, in MB; cells of screens are not in it, and are bounded for each screen. */
const heap = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 4 };

interface Options {
  /** The compiled program of the thread. */
  readonly program?: URL;
  /** How long the thread stays without a screen, in milliseconds. */
  readonly lingerMs?: number;
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** Follows screens in one thread, which is there as long as there are any. */
export function createScreens(options: Options = {}): Screens {
  return new ThreadScreens(options);
}

class ThreadScreens implements Screens, ScreenThread {
  readonly #program: URL;
  readonly #lingerMs: number;
  readonly #screens = new Map<number, ThreadScreen>();
  readonly #waiting = new Map<number, Waiting>();
  /** Those with something to do, in the order of their turn, and those that wait a little for more. */
  readonly #now = new Set<ThreadScreen>();
  readonly #soon = new Set<ThreadScreen>();
  #worker: Worker | undefined;
  #memory = new SharedArrayBuffer(0);
  #free: number[] = [];
  #gather: NodeJS.Timeout | undefined;
  /** Those in a flood, and when they have a piece again. */
  readonly #late = new Set<ThreadScreen>();
  #rest: NodeJS.Timeout | undefined;
  #linger: NodeJS.Timeout | undefined;
  #deaths: number[] = [];
  #revival: NodeJS.Timeout | undefined;
  #lastId = 0;
  #disposed = false;

  constructor(options: Options) {
    this.#program = options.program ?? new URL('./worker.js', import.meta.url);
    this.#lingerMs = options.lingerMs ?? lingerTime;
  }

  open(source: ScreenSource, start: ScreenStart): Screen {
    if (this.#disposed) throw new Error('screens are closed');
    clearTimeout(this.#linger);
    if (!this.#revival) this.#start();
    const screen = new ThreadScreen({ id: ++this.#lastId, thread: this }, source, start);
    this.#screens.set(screen.id, screen);
    this.wake(screen, 'soon');
    return screen;
  }

  send(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  request(screen: number, request: ScreenRequest): Promise<Answer> {
    const id = ++this.#lastId;
    if (!this.alive) return Promise.reject(new Error('the thread of the screens has died'));
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.send({ screen, type: 'request', id, request });
    });
  }

  get alive(): boolean {
    return this.#worker !== undefined;
  }

  wake(screen: ThreadScreen, when: 'now' | 'soon' | 'late'): void {
    if (when === 'late') {
      this.#late.add(screen);
      this.#rest ??= setTimeout(() => this.#goOn(), restTime).unref();
      return;
    }
    if (when === 'now') {
      this.#now.add(screen);
      this.#pump();
      return;
    }
    this.#soon.add(screen);
    this.#gather ??= setTimeout(() => this.#pumpAll(), gatherTime).unref();
  }

  close(screen: ThreadScreen): void {
    this.send({ screen: screen.id, type: 'close' });
    this.#screens.delete(screen.id);
    this.#now.delete(screen);
    this.#soon.delete(screen);
    this.#late.delete(screen);
    if (this.#screens.size > 0 || this.#disposed) return;
    this.#linger = setTimeout(() => this.#stop(), this.#lingerMs).unref();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const screen of [...this.#screens.values()]) screen.dispose();
    clearTimeout(this.#gather);
    clearTimeout(this.#rest);
    clearTimeout(this.#linger);
    clearTimeout(this.#revival);
    this.#stop();
  }

  #start(): void {
    if (this.#worker) return;
    this.#memory = new SharedArrayBuffer(slots.count * slots.bytes);
    this.#free = Array.from({ length: slots.count }, (_, slot) => slot);
    const worker = new Worker(this.#program, {
      name: 'screens',
      workerData: { memory: this.#memory } satisfies ThreadData,
      resourceLimits: heap,
      env: {},
      execArgv: [],
    });
    worker.unref();
    worker.on('message', (message: FromThread) => {
      if (worker === this.#worker) this.#hear(message);
    });
    worker.on('error', (error) => this.#died(worker, error));
    worker.on('exit', () => this.#died(worker, new Error('the thread of the screens has ended')));
    this.#worker = worker;
  }

  #stop(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#free = [];
    this.#rejectAll(new Error('screens are closed'));
    void worker?.terminate();
  }

  #hear(message: FromThread): void {
    switch (message.type) {
      case 'fed': {
        this.#free.push(message.slot);
        const screen = this.#screens.get(message.screen);
        if (message.failed !== undefined) onUnexpectedError(new Error(`screen: ${message.failed}`));
        screen?.replied(message.replies);
        this.#pump();
        if (screen && screen.unread > 0) screen.advance();
        return;
      }
      case 'answer':
        this.#take(message.id)?.resolve(message.answer);
        return;
      case 'failed':
        this.#take(message.id)?.reject(new Error(`screen: ${message.message}`));
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #pumpAll(): void {
    this.#gather = undefined;
    for (const screen of this.#soon) this.#now.add(screen);
    this.#soon.clear();
    this.#pump();
  }

  /** A piece of each that is in a flood. */
  #goOn(): void {
    this.#rest = undefined;
    for (const screen of this.#late) this.#now.add(screen);
    this.#late.clear();
    this.#pump();
  }

  /** Gives the thread pieces as long as there is memory for them, a piece of each screen in turn. */
  #pump(): void {
    for (const screen of this.#now) {
      const slot = this.#free.at(-1);
      if (slot === undefined) return;
      this.#now.delete(screen);
      const piece = screen.next(new Uint8Array(this.#memory, slot * slots.bytes, slots.bytes));
      if (!piece) continue;
      this.#free.pop();
      this.send({ screen: screen.id, type: 'feed', slot, ...piece });
      // Set after delete: its next turn comes after those of the others.
      if (screen.hastens) this.#now.add(screen);
    }
  }

  /** Starts another thread and has it build all screens anew. */
  #died(worker: Worker, error: Error): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    onUnexpectedError(error);
    this.#rejectAll(new Error('the thread of the screens has died', { cause: error }));
    const now = performance.now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < calmTime), now];
    this.#free = [];
    this.#now.clear();
    this.#soon.clear();
    this.#late.clear();
    if (this.#deaths.length <= quickRevivals) this.#revive();
    else this.#revival = setTimeout(() => this.#revive(), calmTime).unref();
  }

  #revive(): void {
    this.#revival = undefined;
    if (this.#screens.size === 0) return;
    this.#start();
    for (const screen of this.#screens.values()) screen.rebuild(this.#deaths.length > 1 ? 'end' : 'start');
  }

  #rejectAll(error: Error): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
    for (const screen of this.#screens.values()) screen.reject(error);
  }
}
