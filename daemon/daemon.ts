import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { Row } from '../protocol/row.js';
import { table } from '../protocol/table.js';
import type { Event } from '../protocol/shapes/event.js';
import { packageVersion } from '../protocol/version.js';
import type { ZonePaths } from '../protocol/zone.js';
import { BudgetDesk } from './approvals/budgetDesk.js';
import { ApprovalDesk } from './approvals/desk.js';
import type { BrainSupplier } from './brains/contract.js';
import { createSuppliers } from './brains/suppliers.js';
import { beginnings, takeUp } from './clones/adoption.js';
import { Bystanders } from './clones/bystanders.js';
import { CloneDirectory } from './clones/directory.js';
import { Enrolment } from './clones/enrolment.js';
import { CloneEnvironment } from './clones/environment.js';
import { Intake } from './clones/intake.js';
import { TaskQueue } from './clones/queue.js';
import { MemoryWatch } from './clones/memoryWatch.js';
import { lostProcess } from './clones/lostProcesses.js';
import { LongConversations } from './clones/longConversations.js';
import { recover, type RecoveryParts } from './clones/recovery.js';
import type { CloneRunner } from './clones/runner.js';
import { ZoneWatch } from './clones/zoneWatch.js';
import { Vault } from './environment/vault.js';
import { EventLog } from './events/log.js';
import { sweepPrints } from './fingerprint/kept.js';
import { ThreadPrinter } from './fingerprint/printer.js';
import { Holders } from './holder/holders.js';
import type { Found } from './holder/leftRuns.js';
import { DisposableStore, onUnexpectedError } from './lifecycle.js';
import type { Log } from './log/logger.js';
import { readMemory } from './memory/available.js';
import { lowMemoryOf } from './memory/lowMemory.js';
import { createDispatcher, type MethodSpec } from './rpc/dispatch.js';
import { paramsParser } from './rpc/params.js';
import { RpcServer } from './rpc/server.js';
import { createHandlers } from './services/all.js';
import { describeDaemon } from './services/session.js';
import { TaskEnds } from './services/taskEnds.js';
import { Housekeeper } from './store/housekeeper.js';
import { retentionOf } from './store/retention.js';
import { machineSandbox, type Sandbox } from './sandbox/sandbox.js';
import { Store } from './store/store.js';
import { createScreens } from './streams/screen/screens.js';
import { createTerminals } from './streams/terminals.js';
import { ZoneSettings } from './zone/settings.js';
import type { ZoneClaim } from './zone/owner.js';

/** Time that calls in flight have to answer when the daemon ends, in ms. */
const partingMs = 500;

/** How a daemon is to end. */
export interface StopOrder {
  /** Lets what runs come to its end first. */
  readonly drain: boolean;
  /** What becomes of the brains' processes, and of their turns; they end when left out. */
  readonly brains?: 'keep' | 'end' | undefined;
}

/** What a daemon is made of. */
export interface DaemonRequest {
  readonly claim: ZoneClaim;
  readonly log: Log;
  /** Around asks; the machine's when left out. */
  readonly sandbox?: Sandbox;
}

/** The daemon of a zone that is claimed: from its database to its socket. */
export class Daemon {
  /** Resolves when the daemon has ended by `stop`. */
  readonly ended: Promise<void>;
  readonly #request: DaemonRequest;
  readonly #held = new DisposableStore();
  readonly #events: EventLog;
  readonly #holders: Holders;
  readonly #directory = new CloneDirectory();
  readonly #enrolment: Enrolment;
  readonly #server = createServer();
  readonly #rpc: RpcServer;
  readonly #startedAt: string;
  #ending: 'no' | 'draining' | 'now' = 'no';
  #settle: () => void = () => {};

  /** @throws databaseNewer, zoneLocked, storageFailed */
  constructor(request: DaemonRequest) {
    this.#request = request;
    this.ended = new Promise((resolve) => (this.#settle = resolve));
    const { claim, log } = request;
    const { zone, paths } = claim;
    const store = this.#held.add(new Store(paths.db));
    store.faulted.on((fault) => {
      if (fault) log.error('the disk takes nothing', { ...fault, database: paths.db });
      else log.info('the disk takes everything again');
    });
    const events = this.#held.add(new EventLog(store));
    this.#events = events;
    this.#held.add(
      new Housekeeper({
        store,
        retention: retentionOf(process.env),
        swept: (swept) => log.info('forgot what is kept no longer', { ...swept }),
      }),
    );
    const queue = new TaskQueue(store);
    recover({ store, log: events, queue, version: packageVersion });

    const desk = this.#held.add(new ApprovalDesk(store, events));
    const budgets = new BudgetDesk({
      store,
      log: events,
      queue,
      answered: (clone) => this.#directory.get(clone)?.wake(),
    });
    const vault = new Vault();
    const holder = new Holders({ folder: paths.brains, umask: claim.umask });
    this.#holders = holder;
    // A clone is enrolled to be used soon.
    this.#held.add(events.onPublished((news) => news.some(isEnrolment) && holder.warm()));
    const screens = this.#held.add(createScreens());
    const sandbox =
      request.sandbox ??
      machineSandbox({
        zone: zone.root,
        hidden: hiddenFolders(paths),
        sockets: [paths.socket],
      });
    const settings = new ZoneSettings(store);
    const environment = new CloneEnvironment(vault, paths.socket);
    const suppliers = createSuppliers({
      holder,
      terminals: createTerminals({ holder, screens }),
      demo: { folder: join(paths.brains, 'demo') },
      sandbox,
      asks: join(paths.stateDir, 'asks'),
    });
    const found = this.#find({ store, log: events, queue });
    const shared = {
      store,
      log: events,
      queue,
      desk,
      budgets,
      zone: this.#watch(events, store, suppliers),
      environment,
      settings,
      ready: this.#endLeft(found),
    };
    const directory = this.#directory;
    const enrolment = new Enrolment({ root: zone.root, shared, directory, suppliers, vault });
    this.#enrolment = enrolment;
    enrolment.restore();
    this.#held.add(
      new MemoryWatch({
        log: events,
        runners: () => directory.all(),
        read: readMemory,
        low: lowMemoryOf(process.env),
        gaveBack: (clone, reading) =>
          log.info('memory is short: gave a process at rest back', { clone, ...reading }),
      }),
    );
    this.#held.add(
      events.onPublished((news) => {
        for (const lost of news.map(lostProcess)) if (lost) log.warn('a process at rest is gone', lost);
      }),
    );

    const identity = describeDaemon(zone);
    this.#startedAt = identity.daemon.startedAt;
    const conversations = new LongConversations({
      suppliers,
      environmentOf: (clone) => environment.of(clone),
    });
    const handlers = createHandlers({
      identity,
      store,
      log: events,
      queue,
      directory,
      enrolment,
      desk,
      budgets,
      vault,
      suppliers,
      settings,
      sandbox,
      environment,
      found: found.then(() => undefined),
      finishedSpools: (clone) => holder.finished(clone),
      intake: new Intake({ store, log: events, queue, directory }),
      ends: this.#held.add(new TaskEnds(events)),
      paths: {
        socket: paths.socket,
        state: paths.stateDir,
        database: paths.db,
        log: `${paths.log}/daemon.log`,
      },
      means: () => holder.means(),
      resources: () => holder.resources(),
      noticesOf: (clone) => conversations.noticesOf(clone),
      boundsOf: (clone, limits) => holder.boundsOf(clone, limits),
      clients: () => this.#rpc.connections.size,
      stop: (how) => void this.stop(how).catch(onUnexpectedError),
    });
    const dispatcher = createDispatcher({
      methods: methodSpecs(),
      handlers,
      onIncident: ({ id, method, error }) =>
        log.error('a call failed inside', { incident: id, method, error }),
    });
    this.#rpc = new RpcServer({ server: this.#server, dispatcher });
  }

  /**
   * Listens, and sets going what waits in the queues.
   * @throws pathUnsafe, storageFailed
   */
  async listen(): Promise<string> {
    const { claim, log } = this.#request;
    const socket = await claim.listen({
      onConnection: (client) => this.#server.emit('connection', client),
      startedAt: this.#startedAt,
    });
    log.info('listening', { socket: socket.path, zone: claim.zone.root, ...this.#events.cursor });
    for (const runner of this.#directory.all()) runner.wake();
    return socket.path;
  }

  /**
   * Ends the daemon: turns first, then clients, then the database. A second call without `drain` hurries the first.
   * With `keep` the brains work on under their holders, and turns that are on go on with the next daemon.
   */
  async stop({ drain, brains = 'end' }: StopOrder): Promise<void> {
    const first = this.#ending === 'no';
    if (!first && (drain || this.#ending === 'now')) return this.ended;
    this.#ending = drain ? 'draining' : 'now';
    this.#request.log.info('stopping', { drain, brains });
    this.#enrolment.close();
    const close = (runner: CloneRunner): Promise<void> =>
      brains === 'keep' ? runner.leave(drain) : runner.close(drain);
    const closing = Promise.allSettled(this.#directory.all().map(close));
    if (!first) return this.ended;
    for (const end of await closing) if (end.status === 'rejected') onUnexpectedError(end.reason);
    if (brains === 'keep') this.#holders.leave();
    else await this.#holders.close();
    await this.#rpc.close({ graceMs: partingMs });
    this.#events.flush();
    this.#held.dispose();
    this.#request.claim.dispose();
    this.#request.log.info('stopped');
    this.#settle();
  }

  /** What looks at the zone before and after asks. */
  #watch(log: EventLog, store: Store, suppliers: ReadonlyMap<string, BrainSupplier>): ZoneWatch {
    const { zone, paths } = this.#request.claim;
    const kept = join(paths.stateDir, 'prints');
    const turns = store.turns.all();
    sweepPrints(kept, new Set(turns.map(({ task }) => task)));
    const printer = this.#held.add(
      new ThreadPrinter({ root: zone.root, except: [paths.stateDir, dirname(paths.socket)], kept }),
    );
    const bystanders = this.#held.add(
      new Bystanders({
        log,
        clone: (name) => store.clones.get(name),
        isOpaque: (brain) => suppliers.get(brain)?.sharesTerminal === true,
        isAside: (task) => store.tasks.get(task)?.aside === true,
      }),
    );
    bystanders.recall(new Set(turns.map(({ clone }) => clone)));
    return new ZoneWatch({ root: zone.root, log, printer, bystanders });
  }

  /** Gives what an earlier daemon left back to its clones; resolves with what is of no use to them. */
  async #find(parts: RecoveryParts): Promise<Found> {
    const turns = parts.store.turns.all();
    const { living: brains, ended } = await this.#holders.find(beginnings(turns));
    const whole = { ...parts, directory: this.#directory, ending: () => this.#ending !== 'no' };
    return { living: await takeUp(whole, { turns, brains }), ended };
  }

  /** What is left would hold its clones' conversations: nothing starts before it is ended. */
  async #endLeft(found: Promise<Found>): Promise<void> {
    const { log } = this.#request;
    const { living, ended } = await found;
    await Promise.all(
      living.map(async ({ run, pid, tag }) => {
        log.warn('ending a brain of an earlier daemon', { run, pid, ...tag });
        await this.#holders.end(run).catch(onUnexpectedError);
      }),
    );
    const gone = await ended;
    if (gone > 0) log.warn('ended processes of an earlier daemon whose holders are gone', { ended: gone });
  }
}

/** The state of every zone, and the folders of their sockets. */
const hiddenFolders = ({ stateFolders, socketFolders }: ZonePaths): string[] => [
  ...stateFolders.slice(0, 1),
  ...socketFolders.slice(0, 1),
];

const isEnrolment = ({ type }: Event): boolean => type === 'clone.enrolled';

function methodSpecs(): ReadonlyMap<string, MethodSpec> {
  const specs = new Map<string, MethodSpec>();
  for (const row of table as readonly Row[]) {
    if (row.kind !== 'request') continue;
    specs.set(row.name, {
      beforeInitialize: row.name === 'initialize',
      express: row.express === true,
      parseParams: paramsParser(row.params),
    });
  }
  return specs;
}
