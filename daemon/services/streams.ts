import { fail } from '../../protocol/fail.js';
import type { Params } from '../../protocol/table.js';
import type { CloneDirectory } from '../clones/directory.js';
import type { CloneRunner } from '../clones/runner.js';
import type { TalkHold } from '../clones/talk.js';
import type { FinishedSpool, Spool } from '../holder/contract.js';
import type { CallContext } from '../rpc/call.js';
import type { Connection } from '../rpc/connection.js';
import { defaultSize, type Terminal, type Viewer } from '../streams/contract.js';
import { readHistory } from './history.js';
import { OpenStreams } from './openStreams.js';
import type { Service } from './parts.js';
import { StreamSink } from './streamSink.js';

/** What the streams' handlers work with. */
export interface StreamParts {
  readonly directory: CloneDirectory;
  /** What is kept of a clone's terminals whose program has ended, the newest last. */
  readonly finishedSpools: (clone: string) => readonly FinishedSpool[];
}

type Names =
  | 'stream/attach'
  | 'stream/write'
  | 'stream/resize'
  | 'stream/ack'
  | 'stream/resync'
  | 'stream/rejoin'
  | 'stream/detach'
  | 'stream/screen'
  | 'stream/history';

type AttachParams = Params<'stream/attach'>;

/** Attaches clients to the clones' terminals. */
export function streamService(parts: StreamParts): Service<Names> {
  const { directory } = parts;
  const streams = new WeakMap<Connection, OpenStreams>();
  let last = 0;

  const of = (connection: Connection): OpenStreams => {
    const held = streams.get(connection) ?? new OpenStreams(connection);
    streams.set(connection, held);
    return held;
  };

  return {
    async 'stream/attach'(params, context) {
      const { connection } = context;
      const runner = directory.inService(params.who);
      runner.supply(context.environment);
      const stream = `x_${++last}`;
      const viewer = await of(connection).add(stream, () => attach({ params, context, runner, stream }));
      context.afterAnswer((sent) => (sent ? viewer.begin() : viewer.dispose()));
      const { run, size, offset, snapshot, lane } = viewer;
      const clone = runner.record.name;
      return { stream, clone, run, ...size, offset, ...(snapshot && { snapshot }), ...(lane && { lane }) };
    },

    async 'stream/write'({ stream, data }, { connection }) {
      of(connection).get(stream).write(data);
      return {};
    },

    async 'stream/resize'({ stream, cols, rows }, { connection }) {
      of(connection).get(stream).resize({ cols, rows });
      return {};
    },

    async 'stream/ack'({ stream, offset }, { connection }) {
      of(connection).get(stream).ack(offset);
      return {};
    },

    async 'stream/resync'({ stream }, { connection }) {
      of(connection).get(stream).resync();
      return {};
    },

    async 'stream/rejoin'({ stream, offset, cols, rows }, { connection }) {
      await of(connection).get(stream).rejoin({ offset, cols, rows });
      return {};
    },

    async 'stream/detach'({ stream }, { connection }) {
      of(connection).get(stream).dispose();
      return {};
    },

    async 'stream/screen'({ who, scrollback = 0, ansi = false }) {
      const runner = directory.one(who);
      const terminal = terminalOf(runner);
      await terminal.settled();
      const { line: _, ...shown } = await terminal.screen
        .text({ scrollback, ansi })
        .catch((error: unknown) => {
          // It may have ended meanwhile, and its screen with it.
          throw runner.terminal === terminal ? error : noTerminal(runner);
        });
      return { clone: runner.record.name, run: terminal.run, ...shown };
    },

    async 'stream/history'({ who, from }) {
      const runner = directory.one(who);
      await runner.terminal?.settled();
      const found = findSpool(runner, from?.run);
      const { entries, next, more } = readHistory(found.spool, from?.offset);
      return { clone: runner.record.name, run: found.run, live: found.live, entries, next, more };
    },
  };

  /** The run that is named, else the one that lives, else the last that ended. */
  function findSpool(
    runner: CloneRunner,
    run: string | undefined,
  ): { readonly run: string; readonly spool: Spool; readonly live: boolean } {
    const { terminal } = runner;
    if (terminal && (run === undefined || run === terminal.run)) {
      return { run: terminal.run, spool: terminal.spool, live: terminal.held.isAlive() };
    }
    const ended = parts.finishedSpools(runner.record.name);
    const found = run === undefined ? ended.at(-1) : ended.find((spool) => spool.run === run);
    if (!found) throw noTerminal(runner);
    return { run: found.run, spool: found.spool, live: false };
  }
}

function noTerminal(runner: CloneRunner): Error {
  const { name, posture } = runner.view();
  return fail('noTerminal', { clone: name, posture });
}

/** @throws noTerminal */
function terminalOf(runner: CloneRunner): Terminal {
  if (!runner.terminal) throw noTerminal(runner);
  return runner.terminal;
}

interface Attaching {
  readonly params: AttachParams;
  readonly context: CallContext;
  readonly runner: CloneRunner;
  readonly stream: string;
}

/** A talker holds the clone's terminal as long as it looks. */
async function attach(attaching: Attaching): Promise<Viewer> {
  const { params, context, runner } = attaching;
  if (params.mode === 'watch') return view(attaching, terminalOf(runner));
  const hold = await talk(runner, params, context.signal);
  try {
    const viewer = await view(attaching, hold.terminal);
    viewer.onEnd(() => hold.dispose());
    return viewer;
  } catch (error) {
    hold.dispose();
    throw error;
  }
}

function talk(
  runner: CloneRunner,
  { cols, rows, wait = true, now = false }: AttachParams,
  signal: AbortSignal,
): Promise<TalkHold> {
  const sized = cols !== undefined || rows !== undefined;
  const size = sized ? { cols: cols ?? defaultSize.cols, rows: rows ?? defaultSize.rows } : undefined;
  return runner.talk({ wait, now, size, signal });
}

async function view({ params, context, runner, stream }: Attaching, terminal: Terminal): Promise<Viewer> {
  const { connection, signal } = context;
  signal.throwIfAborted();
  const { mode, cols, rows, encoding = 'text', scrollback = 0, takeover = false } = params;
  const { queries = 'client', lossless = false, lane = false, from } = params;
  const { name = 'a client', version = '' } = connection.client ?? {};
  const viewer = await terminal.attach({
    stream,
    clone: runner.record.name,
    mode,
    client: version === '' ? name : `${name} ${version}`,
    encoding,
    scrollback,
    size: { ...(cols !== undefined && { cols }), ...(rows !== undefined && { rows }) },
    takeover,
    queries,
    lossless,
    lane,
    from,
    sink: new StreamSink(connection, stream),
  });
  // Whoever withdrew the call while the screen was drawn would not know that the stream is there.
  if (signal.aborted) viewer.dispose();
  signal.throwIfAborted();
  return viewer;
}
