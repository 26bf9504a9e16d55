import { StreamApi } from '../generated/api.js';
import type { Link } from '../link.js';
import type { AttachParams, Stream, StreamOptions } from './options.js';
import { bytesPaper, textPaper } from './paper.js';
import { TerminalStream } from './terminalStream.js';

/** The generated calls without the one that a stream takes the place of. */
const Calls = StreamApi as new (link: Link) => Omit<StreamApi, 'attach'>;

/** The `stream/…` methods. A stream that `attach` hands out does the calls that take an id by itself. */
export class Streams extends Calls {
  readonly #link: Link;

  constructor(link: Link) {
    super(link);
    this.#link = link;
  }

  /**
   * Attaches to a clone's terminal: the screen as it is, then every byte from there. `talk` opens the terminal where
   * there is none, on the clone's own conversation; its tasks queue meanwhile. `await using` it, or `detach`.
   * @throws KhloneError: cloneNotFound, cloneAmbiguous, cloneRetired, cloneFailed, cloneBusy, capabilityMissing,
   * environmentMissing, brainMissing, brainDied, brainError, zoneInvalid, noTerminal, streamTaken, limitReached,
   * storageFailed, cancelled
   */
  attach(
    params: AttachParams & { readonly encoding: 'base64' },
    options?: StreamOptions,
  ): Promise<Stream<Buffer>>;
  attach(
    params: AttachParams & { readonly encoding?: 'text' | undefined },
    options?: StreamOptions,
  ): Promise<Stream>;
  attach(params: AttachParams, { signal }: StreamOptions = {}): Promise<Stream<Buffer> | Stream> {
    const parts = { link: this.#link, params, signal };
    return params.encoding === 'base64'
      ? TerminalStream.open({ ...parts, paper: bytesPaper() })
      : TerminalStream.open({ ...parts, paper: textPaper() });
  }
}
