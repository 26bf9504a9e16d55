import { fail } from '../../protocol/fail.js';
import type { ClientConnection, Notification } from '../connection.js';
import type { Disposable } from '../disposable.js';
import type { StreamAttachParams, StreamAttachResult } from '../generated/types.js';
import { isRecord } from '../wire-errors.js';

/** Who hears what comes to one attachment, in order. */
export interface AttachmentSink {
  /** It stands; called before anything is heard. */
  opened(attachment: Attachment): void;
  heard(notification: Notification, attachment: Attachment): void;
  /** The connection is gone; nothing more comes. */
  lost(): void;
}

/** How to attach. */
export interface AttachRequest {
  readonly connection: ClientConnection;
  readonly params: StreamAttachParams;
  readonly sink: AttachmentSink;
  readonly signal: AbortSignal;
}

/** How much is read before it is acknowledged: an eighth of the credit, and more than keys and their echo come to. */
const ackBytes = 128 * 1024;

/** One stream of one connection, from the answer of `stream/attach` to its end. */
export class Attachment implements Disposable {
  readonly answer: StreamAttachResult;
  readonly #connection: ClientConnection;
  readonly #held: Disposable[] = [];
  #state: 'open' | 'over' = 'open';
  #acked: number;

  private constructor(answer: StreamAttachResult, { connection, sink }: AttachRequest) {
    this.answer = answer;
    this.#connection = connection;
    this.#acked = answer.offset;
    this.#held.push(
      connection.onStream(answer.stream, (notification) => {
        if (notification.method === 'stream/ended') this.#end();
        sink.heard(notification, this);
      }),
      connection.onEnd(() => {
        this.#end();
        sink.lost();
      }),
    );
  }

  /**
   * Attaches. What comes in the same chunk as the answer is heard too. Rejects with the daemon's error, `connectionLost`,
   * or `cancelled` on abort; a stream that came about all the same is let go of then.
   */
  static async open(request: AttachRequest): Promise<Attachment> {
    const { connection, params, sink, signal } = request;
    let attachment: Attachment | undefined;
    const answered = (answer: unknown): void => {
      if (!isAnswer(answer)) return;
      attachment = new Attachment(answer, request);
      if (signal.aborted) attachment.dispose();
      else sink.opened(attachment);
    };
    await connection.request('stream/attach', params, { signal, answered });
    if (attachment === undefined) throw fail('connectionLost', {});
    return attachment;
  }

  /** Calls a method of this stream. Rejects with the daemon's error, or `connectionLost`. */
  call(method: string, params: object = {}): Promise<unknown> {
    return this.#connection.request(method, { stream: this.answer.stream, ...params });
  }

  /**
   * Takes note that every byte before `offset` was read, and acknowledges them once they are many, or `atOnce`. Nobody
   * waits for the answer: a stream that has ended is as good.
   */
  read(offset: number, atOnce: boolean): void {
    if (this.#state === 'over' || offset - this.#acked < (atOnce ? 1 : ackBytes)) return;
    this.#acked = offset;
    this.call('stream/ack', { offset }).catch(() => {});
  }

  /** Stops hearing, and detaches; resolves once the daemon has let go too. */
  async leave(): Promise<void> {
    if (this.#state === 'over') return;
    this.#end();
    if (this.#connection.open) await this.call('stream/detach').catch(() => {});
  }

  dispose(): void {
    void this.leave();
  }

  #end(): void {
    this.#state = 'over';
    for (const item of this.#held) item.dispose();
  }
}

const isAnswer = (value: unknown): value is StreamAttachResult =>
  isRecord(value) && typeof value['stream'] === 'string' && typeof value['offset'] === 'number';
