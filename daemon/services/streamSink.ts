import type { StreamEnd } from '../../protocol/shapes/stream.js';
import type { HeldSize, ProcessExit } from '../holder/contract.js';
import type { Disposable } from '../lifecycle.js';
import type { Connection } from '../rpc/connection.js';
import type { Notifications } from '../rpc/generated/handlers.js';
import type { LaneOffer, Piece, ResyncReason, Snapshot, ViewerSink } from '../streams/contract.js';

/** Sends a stream to its client. */
export class StreamSink implements ViewerSink {
  readonly #connection: Connection;
  readonly #stream: string;
  /** All of `stream/data` that is the same for each piece; JSON by hand, since that of the piece is made already. */
  readonly #head: string;

  constructor(connection: Connection, stream: string) {
    this.#connection = connection;
    this.#stream = stream;
    this.#head = `{"jsonrpc":"2.0","method":"stream/data","params":{"stream":${JSON.stringify(stream)},"offset":`;
  }

  data({ offset, end, json }: Piece, taken: () => void): void {
    const before = `${this.#head}${offset},"end":${end},"data":`;
    this.#connection.notifyJson({ before, middle: json, after: '}}' }, taken);
  }

  resized(offset: number, { cols, rows }: HeldSize): void {
    this.#notify('stream/resized', { stream: this.#stream, offset, cols, rows });
  }

  resynced(reason: ResyncReason, snapshot: Snapshot, lane: LaneOffer | undefined): boolean {
    return this.#notify('stream/resynced', { stream: this.#stream, reason, snapshot, ...(lane && { lane }) });
  }

  ended(reason: StreamEnd, exit: ProcessExit | undefined): void {
    const told = exit && {
      ...(exit.code !== null && { code: exit.code }),
      ...(exit.signal !== null && { signal: exit.signal }),
    };
    this.#notify('stream/ended', { stream: this.#stream, reason, ...(told && { exit: told }) });
  }

  pressed(): boolean {
    return this.#connection.outbound.pressure();
  }

  onDrained(listener: () => void): Disposable {
    return this.#connection.outbound.onDrained(listener);
  }

  #notify<N extends keyof Notifications>(method: N, params: Notifications[N]): boolean {
    return this.#connection.notify(method, params);
  }
}
