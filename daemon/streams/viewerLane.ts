import type { HeldLane, HeldLanes } from '../holder/contract.js';
import type { LaneOffer } from './contract.js';

/** What a viewer's lane is for. */
export interface ViewerLaneParts {
  /** Missing where there are none, or its client knows none. */
  readonly lanes: HeldLanes | undefined;
  readonly write: boolean;
  readonly lossless: boolean;
  readonly stalled: () => void;
}

/** The lane that one viewer's client has been offered: one at a time, and none once the viewer is over. */
export class ViewerLane {
  readonly #parts: ViewerLaneParts;
  #lane: HeldLane | undefined;

  constructor(parts: ViewerLaneParts) {
    this.#parts = parts;
  }

  /** What its client needs to come on it. */
  get offer(): LaneOffer | undefined {
    return this.#lane && { socket: this.#lane.socket, token: this.#lane.token };
  }

  /** Offers one; the holder knows of it once its lanes are settled. */
  open(): void {
    this.close();
    this.#lane = this.#parts.lanes?.grant(this.#parts);
  }

  /** Takes it back, whether its client has come or not. */
  close(): void {
    this.#lane?.dispose();
    this.#lane = undefined;
  }
}
