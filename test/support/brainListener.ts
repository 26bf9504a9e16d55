import type { Brain, BrainOutput } from '../../daemon/brains/contract.js';

type Of<T extends BrainOutput['type']> = Extract<BrainOutput, { type: T }>;

/** Hears a brain from its first word, and waits for what a test waits for. */
export class BrainListener {
  readonly brain: Brain;
  readonly heard: BrainOutput[] = [];
  readonly #waiting = new Set<() => void>();
  #read = 0;

  constructor(brain: Brain) {
    this.brain = brain;
    brain.output((output) => {
      this.heard.push(output);
      for (const look of [...this.#waiting]) look();
    });
  }

  /** Resolves with the next output of a type that was not waited for yet. */
  next<T extends BrainOutput['type']>(type: T): Promise<Of<T>> {
    return new Promise((resolve) => {
      const look = (): void => {
        const at = this.heard.findIndex((output, index) => index >= this.#read && output.type === type);
        if (at < 0) return;
        this.#read = at + 1;
        this.#waiting.delete(look);
        resolve(this.heard[at] as Of<T>);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Sends a turn and resolves with its end. */
  turn(say: string): Promise<Of<'turn.finished'>> {
    this.brain.send(say);
    return this.next('turn.finished');
  }

  all<T extends BrainOutput['type']>(type: T): Of<T>[] {
    return this.heard.filter((output): output is Of<T> => output.type === type);
  }

  get faults(): string[] {
    return this.all('fault').map((fault) => fault.reason);
  }
}
