import type { CloneDirectory } from '../../daemon/clones/directory.js';
import type { CloneRunner } from '../../daemon/clones/runner.js';
import type { TalkHold, TalkWish } from '../../daemon/clones/talk.js';
import type { FinishedSpool } from '../../daemon/holder/contract.js';
import { paramsParser } from '../../daemon/rpc/params.js';
import type { RpcLimits } from '../../daemon/rpc/limits.js';
import { afterFound } from '../../daemon/services/afterFound.js';
import { streamService } from '../../daemon/services/streams.js';
import type { HubTerminal } from '../../daemon/streams/terminal.js';
import { fail } from '../../protocol/fail.js';
import type { Row } from '../../protocol/row.js';
import { table } from '../../protocol/table.js';
import { RawPeer, type RawMessage } from './rpc/peer.js';
import { startServer, type TestServer } from './rpc/server.js';
import { HubStage } from './viewers.js';

/** A clone whose terminal the test plays. */
class FakeRunner {
  readonly record = { name: 'mechanic.1', brain: 'demo' };
  readonly stage = new HubStage();
  /** How many hold the terminal. */
  holds = 0;
  /** What was asked for, in order. */
  readonly wishes: TalkWish[] = [];
  /** Waited for before somebody comes to the terminal. */
  ready: Promise<unknown> = Promise.resolve();
  /** Whether it has a terminal now. */
  open = true;
  supplied = 0;

  get terminal(): HubTerminal | undefined {
    return this.open ? this.stage.terminal : undefined;
  }

  view(): { name: string; posture: string } {
    return { name: this.record.name, posture: this.open ? 'talk' : 'off' };
  }

  supply(): void {
    this.supplied += 1;
  }

  async talk(wish: TalkWish): Promise<TalkHold> {
    this.wishes.push(wish);
    await this.ready;
    this.holds += 1;
    this.open = true;
    let held = true;
    return {
      terminal: this.stage.terminal,
      dispose: () => {
        if (held) this.holds -= 1;
        held = false;
      },
    };
  }
}

/** The streams' handlers on a real socket, for one clone. */
export class StreamStage {
  readonly runner = new FakeRunner();
  finished: FinishedSpool[] = [];
  /** Whether the terminals of an earlier daemon are back. */
  ready: Promise<void> = Promise.resolve();
  readonly #peers: RawPeer[] = [];
  #server: TestServer | undefined;

  get rpc(): TestServer['rpc'] {
    return this.#running.rpc;
  }

  get #running(): TestServer {
    if (!this.#server) throw new Error('the stage was not started');
    return this.#server;
  }

  async start(limits: Partial<RpcLimits> = {}): Promise<this> {
    const find = (who: string): CloneRunner => {
      if (who !== 'mechanic.1') throw fail('cloneNotFound', { who, known: ['mechanic.1'] });
      return this.runner as unknown as CloneRunner;
    };
    const service = streamService({
      directory: { one: find, inService: find } as unknown as CloneDirectory,
      finishedSpools: () => this.finished,
    });
    const handlers = afterFound(service, () => this.ready);
    const rows = (table as readonly Row[]).filter((row) => row.name in handlers);
    const specs = rows.flatMap((row) =>
      row.kind === 'request'
        ? [
            [
              row.name,
              {
                beforeInitialize: false,
                express: row.express === true,
                parseParams: paramsParser(row.params),
              },
            ],
          ]
        : [],
    ) as [string, { beforeInitialize: boolean; parseParams: ReturnType<typeof paramsParser> }][];
    this.#server = await startServer(handlers, {
      limits,
      specs: Object.fromEntries(specs),
    });
    return this;
  }

  /** A client that was greeted. */
  async join(): Promise<RawPeer> {
    const peer = await RawPeer.greeted(this.#running.path);
    this.#peers.push(peer);
    return peer;
  }

  /** Attaches; the answer's result. */
  async attach(peer: RawPeer, params: object = {}): Promise<{ stream: string; offset: number }> {
    const answer = await peer.call('attach', 'stream/attach', {
      who: 'mechanic.1',
      mode: 'watch',
      ...params,
    });
    if (!answer?.result) throw new Error(`no stream: ${JSON.stringify(answer?.error)}`);
    return answer.result as { stream: string; offset: number };
  }

  async stop(): Promise<void> {
    for (const peer of this.#peers.splice(0)) await peer.close();
    await this.#server?.stop();
    this.runner.stage.terminal.dispose();
  }
}

/** Kind and details of an error answer. */
export function errorOf(message: RawMessage | undefined): {
  kind?: string;
  details?: Record<string, unknown>;
} {
  return message?.error?.data ?? {};
}
