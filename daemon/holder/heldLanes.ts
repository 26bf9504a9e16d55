import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { HeldLane, HeldLanes, LaneRequest } from './contract.js';
import type { HolderProcess } from './holderProcess.js';
import { pathLimit } from './holderProcess.js';
import { files, laneRights, tokenBytes } from './program/wire.js';

/** How long a holder may take to answer before things go on without its answer, in ms. */
const answerMs = 1_000;

/** The lanes of one terminal, as its holder keeps them. */
export class HolderLanes implements HeldLanes {
  readonly #holder: HolderProcess;
  readonly #stalled = new Map<string, () => void>();
  #hurried = true;

  constructor(holder: HolderProcess) {
    this.#holder = holder;
  }

  /** Whether there can be any: the holder lives and knows them, and a client reaches its socket by a path. */
  get there(): boolean {
    const { isOpen, hasLanes } = this.#holder.link;
    return isOpen && hasLanes && Buffer.byteLength(this.#socket) <= pathLimit;
  }

  get #socket(): string {
    return join(this.#holder.folder, files.lanes);
  }

  grant({ write, lossless, stalled }: LaneRequest): HeldLane {
    const { link } = this.#holder;
    const bytes = randomBytes(tokenBytes);
    const token = bytes.toString('hex');
    this.#stalled.set(token, stalled);
    link.grantLane(bytes, (write ? laneRights.write : 0) | (lossless ? laneRights.lossless : 0));
    return {
      socket: this.#socket,
      token,
      dispose: () => {
        if (this.#stalled.delete(token)) link.revokeLane(bytes);
      },
    };
  }

  /** The holder has let a client go. */
  stalled(token: Buffer): void {
    this.#stalled.get(token.toString('hex'))?.();
  }

  async settled(): Promise<void> {
    let late: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (late = setTimeout(resolve, answerMs)));
    await Promise.race([this.#holder.link.sync(), patience]);
    clearTimeout(late);
  }

  hurry(hurried: boolean): void {
    if (this.#hurried === hurried) return;
    this.#hurried = hurried;
    this.#holder.link.pace(hurried);
  }
}
