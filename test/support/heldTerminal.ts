import type {
  HeldProgram,
  HeldSize,
  HeldTerminal,
  Holder,
  ProcessExit,
  Spool,
  SpoolMark,
} from '../../daemon/holder/contract.js';
import { Emitter, type Disposable } from '../../daemon/lifecycle.js';

/** A terminal whose program is the test. */
export class FakeHeldTerminal implements HeldTerminal {
  readonly run = 'b_0123456789abcdef';
  readonly outOfMemory = false;
  readonly tag = { clone: 'mechanic.1' };
  readonly identity = { pid: 1, startTime: '1', bootId: 'boot', run: 'run' };
  readonly exited: Promise<ProcessExit>;
  readonly spool: Spool;
  /** All that was typed, in order. */
  readonly typed: Buffer[] = [];
  readonly sizes: HeldSize[] = [];
  readonly sizeMarks: (SpoolMark & { readonly type: 'resize' })[] = [];
  size: HeldSize;
  /** Whether the program reads. */
  reads = true;
  disposed = false;
  /** Offset of the first byte that is kept on disk. */
  kept = 0;
  readonly #heard = new Emitter<{ offset: number; chunk: Buffer }>();
  #output = Buffer.alloc(0);
  #end = 0;
  #settle: (exit: ProcessExit) => void = () => {};
  #alive = true;

  constructor(size: HeldSize = { cols: 80, rows: 24 }) {
    this.size = size;
    this.sizeMarks.push({ type: 'resize', at: 0, offset: 0, size });
    this.exited = new Promise((resolve) => (this.#settle = resolve));
    const getEnd = (): number => this.#end;
    const getStart = (): number => this.kept;
    this.spool = {
      get start() {
        return getStart();
      },
      get end() {
        return getEnd();
      },
      read: (offset, max) =>
        offset < this.kept ? undefined : this.#output.subarray(offset, Math.min(offset + max, this.#end)),
      marks: (offset, end) => {
        const before = this.sizeMarks.findLast((mark) => mark.offset <= offset);
        const inside = this.sizeMarks.filter((mark) => mark.offset > offset && mark.offset < end);
        return [...(before ? [before] : []), ...inside];
      },
    };
  }

  /** Everything that was put out. */
  get output(): Buffer {
    return this.#output.subarray(0, this.#end);
  }

  get sent(): number {
    return this.typed.reduce((sum, { length }) => sum + length, 0);
  }

  /** What was typed, as text. */
  get typing(): string {
    return Buffer.concat(this.typed).toString();
  }

  /** The program puts something out. */
  put(data: string | Buffer): void {
    const chunk = Buffer.from(data as string);
    const offset = this.#end;
    this.#end += chunk.length;
    if (this.#end > this.#output.length) {
      const grown = Buffer.alloc(Math.max(this.#end, this.#output.length * 2));
      this.#output.copy(grown);
      this.#output = grown;
    }
    chunk.copy(this.#output, offset);
    this.#heard.fire({ offset, chunk });
  }

  /** The program ends. */
  exit(exit: ProcessExit = { code: 0, signal: null }): void {
    this.#alive = false;
    this.#settle(exit);
  }

  write(data: Buffer): boolean {
    if (this.reads) this.typed.push(data);
    return this.reads;
  }

  resize(size: HeldSize): void {
    this.size = size;
    this.sizes.push(size);
    this.sizeMarks.push({ type: 'resize', at: this.#end, offset: this.#end, size });
  }

  onOutput(listener: (offset: number, chunk: Buffer) => void): Disposable {
    return this.#heard.on(({ offset, chunk }) => listener(offset, chunk));
  }

  isAlive(): boolean {
    return this.#alive;
  }

  kill(): Promise<ProcessExit> {
    this.exit({ code: null, signal: 'SIGTERM' });
    return this.exited;
  }

  dispose(): void {
    this.disposed = true;
  }
}

/** A holder of terminals whose programs are the test. */
export class FakeTerminalHolder implements Holder {
  readonly held: FakeHeldTerminal[] = [];

  spawn(): Promise<never> {
    return Promise.reject(new Error('terminals only'));
  }

  spawnTerminal(_what: HeldProgram, size: HeldSize): Promise<HeldTerminal> {
    const held = new FakeHeldTerminal(size);
    this.held.push(held);
    return Promise.resolve(held);
  }
}
