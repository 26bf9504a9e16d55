import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  createMessageConnection,
  type MessageConnection,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node';
import { locateZone, reachDaemon } from '../../client/autostart.js';
import { resolveReferences } from '../../protocol/generate/references.js';
import type { Row } from '../../protocol/row.js';
import { table } from '../../protocol/table.js';
import { isAlive } from './processes.js';
import { zoneSandbox } from './zone/sandbox.js';

const daemonProgram = join(import.meta.dirname, '../../dist/daemon/main.js');
const rows: ReadonlyMap<string, Row> = new Map(table.map((row: Row) => [row.name, row]));

type Members = Record<string, unknown>;

/** A connection of another make than ours to a daemon of its own in a fresh zone, that replays examples. */
export class Replay implements AsyncDisposable {
  readonly notifications: { method: string; params: unknown }[] = [];
  readonly #connection: MessageConnection;
  readonly #sandbox: ReturnType<typeof zoneSandbox>;
  readonly #results = new Map<string, unknown>();
  readonly #closed: Promise<unknown>;
  readonly #waiting: (() => void)[] = [];
  #pid: number | undefined;

  private constructor(
    connection: MessageConnection,
    sandbox: ReturnType<typeof zoneSandbox>,
    closed: Promise<unknown>,
  ) {
    this.#connection = connection;
    this.#sandbox = sandbox;
    this.#closed = closed;
    connection.onNotification((method, params) => {
      this.notifications.push({ method, params: Array.isArray(params) ? params[0] : params });
      for (const wake of this.#waiting.splice(0)) wake();
    });
    connection.listen();
  }

  /** Starts the compiled daemon in a zone of its own and connects. */
  static async open(): Promise<Replay> {
    const sandbox = zoneSandbox();
    try {
      const { env, zone } = sandbox;
      const { socket } = await reachDaemon({ address: locateZone(zone.root, env), env, daemonProgram });
      const connection = createMessageConnection(
        new SocketMessageReader(socket),
        new SocketMessageWriter(socket),
      );
      return new Replay(connection, sandbox, once(socket, 'close'));
    } catch (error) {
      sandbox.remove();
      throw error;
    }
  }

  /** A value with the zone's root as the examples write it. */
  asInExamples(value: unknown): unknown {
    return JSON.parse(
      JSON.stringify(value).replaceAll(this.#sandbox.zone.root, '/home/you/project'),
    ) as unknown;
  }

  /** Calls any method; an error of the daemon is thrown with its kind. */
  async call(method: string, params: unknown): Promise<unknown> {
    try {
      const result: unknown = await this.#connection.sendRequest(method, params);
      if (method === 'initialize') this.#pid = (result as { daemon: { pid: number } }).daemon.pid;
      this.#results.set(method, result);
      return result;
    } catch (error) {
      if (!(error instanceof ResponseError)) throw error;
      throw new Error(`${method}: ${error.message} ${JSON.stringify(error.data)}`, { cause: error });
    }
  }

  /** Opens the conversation as the examples of every other method need it. */
  async greet(): Promise<void> {
    const { PATH, HOME } = this.#sandbox.env;
    const initialize = rows.get('initialize');
    await this.call('initialize', {
      ...(initialize?.example.params as Members),
      environment: { PATH, HOME },
    });
  }

  /** Runs what comes before an example: earlier examples, and states that tests set up. */
  async prepare(names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (name === '$approval') await this.#approval();
      else await this.example(name);
      if (name === 'stream/attach') await this.#painted();
    }
  }

  /** Calls a method with the params of its example, and answers with the result. */
  example(name: string): Promise<unknown> {
    const row = rows.get(name);
    if (row === undefined) throw new Error(`there is no method ${name}`);
    const params = resolveReferences(
      row.example.params,
      (method) => rows.has(method),
      (method) => this.#results.get(method),
    );
    return this.call(name, params);
  }

  /** The params of the first notification that fits, now or when it comes. */
  async notification(fits: (method: string, params: unknown) => boolean): Promise<unknown> {
    for (;;) {
      const found = this.notifications.find(({ method, params }) => fits(method, params));
      if (found !== undefined) return found.params;
      const arrived = new Promise<false>((resolve) => this.#waiting.push(() => resolve(false)));
      const lost = await Promise.race([arrived, this.#closed.then(() => true)]);
      if (lost) throw new Error('the connection was lost before the notification came');
    }
  }

  /** A clone of the demo brain that waits for an answer to whether it may write a file. */
  async #approval(): Promise<void> {
    await this.example('clone/enroll');
    await this.call('event/subscribe', { from: 'start', types: ['approval.requested'] });
    await this.call('clone/act', { who: 'mechanic.1', say: 'write hello.txt' });
    await this.notification(
      (method, params) => method === 'event/published' && (params as { events: unknown[] }).events.length > 0,
    );
  }

  /** The demo's terminal shows all that it does at first. */
  async #painted(): Promise<void> {
    for (;;) {
      const { text } = (await this.example('stream/screen')) as { text: string };
      if (/Ready\.[^]*>$/.test(text.trimEnd())) return;
      await wait(10);
    }
  }

  /** Stops the daemon, waits for its process and takes the zone away. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#pid === undefined) await this.greet();
    // It may be stopping already: that is one of the examples.
    // The library never settles a call whose connection ends first.
    void this.#connection.sendRequest('daemon/stop', {}).catch(() => undefined);
    await this.#closed;
    this.#connection.dispose();
    while (this.#pid !== undefined && isAlive(this.#pid)) await wait(10);
    this.#sandbox.remove();
  }
}
