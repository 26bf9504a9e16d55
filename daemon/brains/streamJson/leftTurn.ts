import type { StreamProcess } from './process.js';

/** The turn in which an earlier daemon left a process, until all is heard that was said meanwhile. */
export class LeftTurn {
  readonly process: StreamProcess;
  /** Whether nobody knows if the turn's line has reached the process, unless that tells. */
  readonly doubtful: boolean;
  readonly takenUp: Promise<void>;
  /** Whether the turn is to end, unless what was said meanwhile ends it. */
  interrupted = false;
  #resolve: () => void = () => undefined;

  constructor(process: StreamProcess, doubtful: boolean) {
    this.process = process;
    this.doubtful = doubtful;
    this.takenUp = new Promise((resolve) => (this.#resolve = resolve));
  }

  caughtUp(): void {
    this.#resolve();
  }
}
