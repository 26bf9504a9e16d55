import { openLink, type ConnectOptions, type OpenedLink } from './connect.js';
import { followEvents, type EventsOptions, type EventStream } from './events.js';
import { GeneratedApi } from './generated/api.js';
import type { Event, InitializeResult } from './generated/types.js';
import type { Link } from './link.js';
import { Streams } from './streams/streams.js';

export { KhloneError, type ErrorData } from '../protocol/error.js';
export { isKhloneError, type KhloneErrorOf } from '../protocol/fail.js';
export type { ErrorDetails, ErrorKind } from '../protocol/generated/errors.js';
export type { CallOptions } from './caller.js';
export type { ConnectOptions } from './connect.js';
export type { EventsOptions, EventStream, Gap } from './events.js';
export type * from './generated/types.js';
export type * from './streams/options.js';
export type { Streams } from './streams/streams.js';

/** The generated calls but for those on streams, which have a home of their own. */
const Calls = GeneratedApi as new (link: Link) => Omit<GeneratedApi, 'stream'>;

/** A client of one zone's daemon. Every method of the protocol is a method here; close it, or `await using` it. */
export class Khlone extends Calls implements AsyncDisposable {
  /** The `stream/…` methods: terminals to talk to and to watch. */
  readonly stream: Streams;
  readonly #opened: OpenedLink;

  /** Use `connect`. */
  constructor(opened: OpenedLink) {
    super(opened.link);
    this.stream = new Streams(opened.link);
    this.#opened = opened;
  }

  /** What the daemon said of itself at the latest connection: version, zone, brains, newest event. */
  get session(): InitializeResult {
    return this.#opened.greeting() as InitializeResult;
  }

  /** Whether this client had to start the daemon. */
  get startedDaemon(): boolean {
    return this.#opened.startedDaemon();
  }

  /**
   * Follows what happens in the zone, from now on or from a place in its history, over lost connections and
   * restarts of the daemon: stored events come in order, none is missed and none comes twice. The subscription
   * is sent at once; await `ready` to be sure that it stands.
   */
  events(options: EventsOptions = {}): EventStream<Event> {
    return followEvents<Event>(this.#opened.link, options);
  }

  /** Ends the connection. What waits on it ends too: calls with `cancelled`, event streams quietly. */
  close(): Promise<void> {
    return this.#opened.link.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Connects to the daemon of a zone, and starts it if none runs.
 * @throws KhloneError: zoneInvalid, pathTooLong, pathUnsafe, daemonUnreachable, versionUnsupported, cancelled
 */
export async function connect(options: ConnectOptions = {}): Promise<Khlone> {
  return new Khlone(await openLink(options));
}
