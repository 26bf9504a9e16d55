import type { CallOptions } from '../caller.js';
import type { StreamAttachParams, StreamEndedParams, StreamResyncedParams } from '../generated/types.js';

/** Whose terminal to look at, and how. */
export type AttachParams = Omit<StreamAttachParams, '_meta'>;

/** Options of one stream. Aborting detaches, and ends the iteration quietly. */
export type StreamOptions = CallOptions;

/** A screen at one instant. */
export type StreamSnapshot = StreamResyncedParams['snapshot'];

/** Size of a terminal, in cells; 1 to 1000 each. */
export interface StreamSize {
  readonly cols: number;
  readonly rows: number;
}

/** A piece of a stream, in order; `D` is a string, or the exact bytes where `encoding: 'base64'` was asked for. */
export type StreamPiece<D> =
  /** Output without a gap to what came before; `offset` is of its first byte, `end` after its last. */
  | { readonly type: 'data'; readonly offset: number; readonly end: number; readonly data: D }
  /** The screen anew: clear the terminal and draw it. Data goes on from the snapshot's offset. */
  | { readonly type: 'snapshot'; readonly reason: SnapshotReason; readonly snapshot: StreamSnapshot }
  | ({ readonly type: 'resized'; readonly offset: number } & StreamSize)
  /** The connection was lost; it is being made again. */
  | { readonly type: 'disconnected' }
  /** It stands again. What follows goes on where it broke off if `resumed`, else it begins with a snapshot. */
  | { readonly type: 'reconnected'; readonly run: string; readonly resumed: boolean };

/** Why a snapshot comes: the first, after a reconnection, or as `stream/resynced` says. */
export type SnapshotReason = 'attached' | 'reconnected' | StreamResyncedParams['reason'];

/** How a stream came to its end. */
export type StreamOutcome =
  | { readonly reason: StreamEndedParams['reason']; readonly exit?: StreamEndedParams['exit'] }
  /** It could not be opened again after a lost connection. */
  | { readonly reason: 'failed'; readonly error: Error };

/**
 * A clone's terminal as one client sees it: pieces of output to iterate over, keys to type. It outlives lost
 * connections and restarts of the daemon: bytes go on where they broke off, as long as the daemon keeps them.
 * What was read is acknowledged by asking for the next piece.
 */
export interface Stream<D = string> extends AsyncIterableIterator<StreamPiece<D>>, AsyncDisposable {
  /** The clone's name. */
  readonly clone: string;
  /** Which life of the terminal the last piece was of. */
  readonly run: string;
  /** Size of the terminal after the last piece. */
  readonly cols: number;
  readonly rows: number;
  /** After the last piece that was handed out: where another stream may go on. */
  readonly offset: number;
  /** Resolves once nothing more will come from the daemon; never rejects. */
  readonly ended: Promise<StreamOutcome>;
  /**
   * Types, in the order of the calls; resolves once the bytes are on their way to the program. Waits for a program that
   * does not read. After a lost connection it rejects with `connectionLost`: nothing is ever typed twice, and of a
   * long text a part may have been. Bytes on a text stream have to be UTF-8; a character may be spread over two calls.
   * @throws streamReadOnly, streamEnded, connectionLost, invalidParams (bytes that are not UTF-8), cancelled
   */
  write(data: string | Uint8Array, options?: CallOptions): Promise<void>;
  /** Sets the size, also that of the next connection. @throws streamReadOnly, streamEnded, invalidParams */
  resize(size: StreamSize): Promise<void>;
  /** Asks for the screen anew: a snapshot comes in its place in the stream. @throws streamEnded */
  resync(): Promise<void>;
  /** Leaves; the terminal lives on. What was not handed out is dropped. */
  detach(): Promise<void>;
  /** As `detach`, and what `break` in a loop calls. */
  return(): Promise<IteratorResult<StreamPiece<D>, undefined>>;
}
