import type { Attachment } from './attachment.js';
import { Handout } from './handout.js';
import type { StreamPiece, StreamSize } from './options.js';

/** A piece that waits, and the attachment it came by. */
interface Heard<D> {
  readonly piece: StreamPiece<D>;
  readonly by: Attachment | undefined;
}

/** Where a reader of a stream is. */
interface Place extends StreamSize {
  readonly run: string;
  readonly offset: number;
}

/** The consumer's side of a stream: what waits for it, how far it has come, and what is acknowledged for it. */
export class Reading<D> {
  readonly #pieces = new Handout<Heard<D>>();
  #place: Place = { run: '', offset: 0, cols: 0, rows: 0 };
  #last: Heard<D> | undefined;
  #unreadBytes = 0;
  readonly #done: () => void;

  /** `done` is called whenever the consumer has done with a piece. */
  constructor(done: () => void) {
    this.#done = done;
  }

  /** After the last piece that was taken. */
  get place(): Place {
    return this.#place;
  }

  /** Bytes of output that wait to be taken. */
  get unreadBytes(): number {
    return this.#unreadBytes;
  }

  /** Where it begins. */
  begin(place: Place): void {
    this.#place = place;
  }

  put(piece: StreamPiece<D>, by?: Attachment): void {
    if (piece.type === 'data') this.#unreadBytes += piece.end - piece.offset;
    this.#pieces.put({ piece, by });
  }

  /** Nothing more will come; what waits is still handed out, then the error thrown. */
  end(error?: Error): void {
    this.#pieces.end(error);
  }

  /** Forgets what waits. */
  drop(): void {
    this.#pieces.drop();
  }

  /** The next piece; whoever asks has done with the one before. */
  async take(): Promise<StreamPiece<D> | undefined> {
    this.#doneWithLast();
    const heard = await this.#pieces.take();
    if (heard === undefined) return undefined;
    this.#last = heard;
    const { piece } = heard;
    if (piece.type === 'data') this.#unreadBytes -= piece.end - piece.offset;
    this.#place = placeAfter(this.#place, piece);
    return piece;
  }

  #doneWithLast(): void {
    const { piece, by } = this.#last ?? {};
    if (piece?.type === 'data') by?.read(piece.end, false);
    // The daemon counts what it left out as unread until its snapshot is.
    else if (piece?.type === 'snapshot') by?.read(piece.snapshot.offset, true);
    this.#last = undefined;
    if (piece !== undefined) this.#done();
  }
}

function placeAfter<D>(place: Place, piece: StreamPiece<D>): Place {
  switch (piece.type) {
    case 'data':
      return { ...place, offset: piece.end };
    case 'snapshot': {
      const { offset, cols, rows } = piece.snapshot;
      return { ...place, offset, cols, rows };
    }
    case 'resized':
      return { ...place, cols: piece.cols, rows: piece.rows };
    case 'reconnected':
      return { ...place, run: piece.run };
    case 'disconnected':
      return place;
  }
}
