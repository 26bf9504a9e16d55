import type { HeldSize, ProcessExit } from '../../daemon/holder/contract.js';
import { Emitter } from '../../daemon/lifecycle.js';
import type {
  ResyncReason,
  Snapshot,
  Viewer,
  ViewerRequest,
  ViewerSink,
} from '../../daemon/streams/contract.js';
import { HubTerminal } from '../../daemon/streams/terminal.js';
import { FakeHeldTerminal } from './heldTerminal.js';
import { FakeScreens, type FakeScreen } from './screens.js';

/** What a client was told, in order. */
export type Told =
  | { readonly type: 'data'; readonly offset: number; readonly end: number; readonly data: string }
  | { readonly type: 'resized'; readonly offset: number; readonly size: HeldSize }
  | { readonly type: 'resynced'; readonly reason: ResyncReason; readonly snapshot: Snapshot }
  | { readonly type: 'ended'; readonly reason: string; readonly exit: ProcessExit | undefined };

type ToldAs<T extends Told['type']> = Extract<Told, { readonly type: T }>;

/** A client at the other end of a stream. */
export class FakeClient {
  readonly told: Told[] = [];
  readonly sink: ViewerSink;
  /** Whether its socket takes at once what it is sent; else `take` does. */
  quick = true;
  /** Whether so much waits for it that nothing should be added. */
  full = false;
  readonly #drained = new Emitter<void>();
  readonly #untaken: (() => void)[] = [];

  constructor() {
    this.sink = {
      data: ({ offset, end, json }, taken) => {
        const data = JSON.parse(json.toString()) as string;
        this.told.push({ type: 'data', offset, end, data });
        if (this.quick) taken();
        else this.#untaken.push(taken);
      },
      resized: (offset, size) => void this.told.push({ type: 'resized', offset, size }),
      resynced: (reason, snapshot) => this.told.push({ type: 'resynced', reason, snapshot }) > 0,
      ended: (reason, exit) => void this.told.push({ type: 'ended', reason, exit }),
      pressed: () => this.full,
      onDrained: (listener) => this.#drained.on(listener),
    };
  }

  /** What it was told of one type. */
  of<T extends Told['type']>(type: T): ToldAs<T>[] {
    return this.told.filter((one): one is ToldAs<T> => one.type === type);
  }

  /** All the text it was sent. */
  get text(): string {
    return this.of('data')
      .map(({ data }) => data)
      .join('');
  }

  /** All the bytes it was sent, where they are base64. */
  get bytes(): Buffer {
    return Buffer.concat(this.of('data').map(({ data }) => Buffer.from(data, 'base64')));
  }

  /** Why its stream ended, if it did. */
  get end(): string | undefined {
    return this.of('ended')[0]?.reason;
  }

  /** Where its data ends. */
  get reached(): number {
    return this.of('data').at(-1)?.end ?? 0;
  }

  /** Its socket takes what was sent. */
  take(): void {
    for (const taken of this.#untaken.splice(0)) taken();
  }

  /** Its socket is no longer full. */
  drain(): void {
    this.full = false;
    this.#drained.fire();
  }
}

/** A terminal of the hub between a program and clients that the test plays. */
export class HubStage {
  readonly held: FakeHeldTerminal;
  readonly screens = new FakeScreens();
  readonly terminal: HubTerminal;
  #streams = 0;

  constructor(held = new FakeHeldTerminal()) {
    this.held = held;
    this.terminal = new HubTerminal(held, this.screens);
  }

  get screen(): FakeScreen {
    const [screen] = this.screens.opened;
    if (!screen) throw new Error('no screen was opened');
    return screen;
  }

  /** Attaches a client, without letting the data flow. */
  open(client: FakeClient, request: Partial<ViewerRequest> = {}): Promise<Viewer> {
    return this.terminal.attach({
      stream: `x_${++this.#streams}`,
      clone: 'mechanic.1',
      mode: 'watch',
      client: 'test 1',
      encoding: 'text',
      scrollback: 0,
      size: {},
      takeover: false,
      queries: 'client',
      lossless: false,
      lane: false,
      from: undefined,
      ...request,
      sink: client.sink,
    });
  }

  /** Attaches a client as the daemon does. */
  async attach(client: FakeClient, request: Partial<ViewerRequest> = {}): Promise<Viewer> {
    const viewer = await this.open(client, request);
    viewer.begin();
    return viewer;
  }
}

/** Lets go on what waits for the next turn of the event loop, a few times over. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
