// Generated from protocol/table.ts by `npm run generate`. Do not edit.

import type { Caller, CallOptions } from '../caller.js';
import type {
  Approval,
  ApprovalListParams,
  ApprovalListResult,
  ApprovalRespondParams,
  Clone,
  CloneActParams,
  CloneAskParams,
  CloneEnrollParams,
  CloneGetParams,
  CloneHibernateParams,
  CloneInterruptParams,
  CloneListParams,
  CloneListResult,
  CloneRestartParams,
  CloneRetireParams,
  CloneUpdateParams,
  DaemonStatusParams,
  DaemonStatusResult,
  DaemonStopParams,
  DaemonStopResult,
  Empty,
  EventReadParams,
  EventReadResult,
  EventSubscribeParams,
  EventSubscribeResult,
  EventUnsubscribeParams,
  PingParams,
  PingResult,
  RpcDiscoverParams,
  RpcDiscoverResult,
  SandboxDescribeParams,
  SandboxDescribeResult,
  StreamAckParams,
  StreamAttachParams,
  StreamAttachResult,
  StreamDetachParams,
  StreamHistoryParams,
  StreamHistoryResult,
  StreamRejoinParams,
  StreamResizeParams,
  StreamResyncParams,
  StreamScreenParams,
  StreamScreenResult,
  StreamWriteParams,
  Task,
  TaskCancelParams,
  TaskGetParams,
  TaskListParams,
  TaskListResult,
  TaskRetryParams,
  TaskWaitParams,
  UsageGetParams,
  UsageGetResult,
  ZoneGetParams,
  ZoneGetResult,
  ZoneSetParams,
  ZoneSetResult,
} from './types.js';

/** The `daemon/…` methods. */
export class DaemonApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Tells how the daemon is: its zone, age, clones, tasks, clients and memory.
   *
   * `daemon/status`, stable since version 1.
   * Fails with storageFailed.
   */
  status(params: DaemonStatusParams = {}, options?: CallOptions): Promise<DaemonStatusResult> {
    return this.#caller.call('daemon/status', params, options) as Promise<DaemonStatusResult>;
  }

  /**
   * Stops the daemon. Queued tasks wait for the next start; a running one is interrupted, unless it is drained or its brain is kept.
   *
   * `daemon/stop`, stable since version 1.
   */
  stop(params: DaemonStopParams = {}, options?: CallOptions): Promise<DaemonStopResult> {
    return this.#caller.call('daemon/stop', params, options) as Promise<DaemonStopResult>;
  }
}

/** The `clone/…` methods. */
export class CloneApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Enrolls a clone. No process is started until its first task.
   *
   * `clone/enroll`, stable since version 1.
   * Fails with brainUnknown, brainMissing, capabilityMissing, roleReadOnly, roleMayAct, cloneNameTaken, zoneInvalid, idempotencyConflict, limitReached, storageFailed.
   */
  enroll(params: CloneEnrollParams, options?: CallOptions): Promise<Clone> {
    return this.#caller.call('clone/enroll', params, options) as Promise<Clone>;
  }

  /**
   * Lists clones in the order they were enrolled; retired ones only where the filter names that status.
   *
   * `clone/list`, stable since version 1.
   * Fails with cloneNotFound, storageFailed.
   */
  list(params: CloneListParams = {}, options?: CallOptions): Promise<CloneListResult> {
    return this.#caller.call('clone/list', params, options) as Promise<CloneListResult>;
  }

  /**
   * Tells all about one clone, retired ones included.
   *
   * `clone/get`, stable since version 1.
   * Fails with cloneNotFound, cloneAmbiguous, storageFailed.
   */
  get(params: CloneGetParams, options?: CallOptions): Promise<Clone> {
    return this.#caller.call('clone/get', params, options) as Promise<Clone>;
  }

  /**
   * Changes a clone. What its process was started with changes with the next task, on the same conversation.
   *
   * `clone/update`, stable since version 1.
   * Fails with cloneNotFound, cloneAmbiguous, cloneRetired, storageFailed.
   */
  update(params: CloneUpdateParams, options?: CallOptions): Promise<Clone> {
    return this.#caller.call('clone/update', params, options) as Promise<Clone>;
  }

  /**
   * Gives a clone work that may change the zone. Answers with a receipt once the task is durable; it runs after. Where all that `who` stands for are read-only, the task is an ask: the receipt says so by its `kind`.
   *
   * `clone/act`, stable since version 1.
   * Fails with cloneNotFound, cloneRetired, cloneFailed, capabilityMissing, sandboxMissing, environmentMissing, queueFull, idempotencyConflict, storageFailed.
   */
  act(params: CloneActParams, options?: CallOptions): Promise<Task> {
    return this.#caller.call('clone/act', params, options) as Promise<Task>;
  }

  /**
   * Asks a clone something that must not change the zone: it runs read-only. Answers with a receipt, like act.
   *
   * `clone/ask`, stable since version 1.
   * Fails with cloneNotFound, cloneRetired, cloneFailed, capabilityMissing, sandboxMissing, environmentMissing, queueFull, idempotencyConflict, storageFailed, cloneAmbiguous, clonePaused, asidesFull.
   */
  ask(params: CloneAskParams, options?: CallOptions): Promise<Task> {
    return this.#caller.call('clone/ask', params, options) as Promise<Task>;
  }

  /**
   * Ends a clone's turn and keeps its conversation; its queue goes on. Wakes a clone that was parked as failed.
   *
   * `clone/interrupt`, stable since version 1.
   * Fails with cloneNotFound, cloneAmbiguous, cloneRetired, storageFailed.
   */
  interrupt(params: CloneInterruptParams, options?: CallOptions): Promise<Clone> {
    return this.#caller.call('clone/interrupt', params, options) as Promise<Clone>;
  }

  /**
   * Ends a clone's process, at rest or in its terminal, and keeps its conversation: its next task starts another. A running turn ends first.
   *
   * `clone/hibernate`, stable since version 1.
   * Fails with cloneNotFound, cloneAmbiguous, cloneRetired, storageFailed.
   */
  hibernate(params: CloneHibernateParams, options?: CallOptions): Promise<Clone> {
    return this.#caller.call('clone/hibernate', params, options) as Promise<Clone>;
  }

  /**
   * Ends a clone's process, interrupts a running turn, and forgives its failures: no delay and no parking is left. Its next task, or what is queued, starts another process on the same conversation.
   *
   * `clone/restart`, stable since version 1.
   * Fails with cloneNotFound, cloneAmbiguous, cloneRetired, storageFailed.
   */
  restart(params: CloneRestartParams, options?: CallOptions): Promise<Clone> {
    return this.#caller.call('clone/restart', params, options) as Promise<Clone>;
  }

  /**
   * Retires a clone for good: cancels its tasks and ends its process. Its history stays.
   *
   * `clone/retire`, stable since version 1.
   * Fails with cloneNotFound, cloneAmbiguous, cloneRetired, storageFailed.
   */
  retire(params: CloneRetireParams, options?: CallOptions): Promise<Clone> {
    return this.#caller.call('clone/retire', params, options) as Promise<Clone>;
  }
}

/** The `task/…` methods. */
export class TaskApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Tells all about one task.
   *
   * `task/get`, stable since version 1.
   * Fails with taskNotFound, storageFailed.
   */
  get(params: TaskGetParams, options?: CallOptions): Promise<Task> {
    return this.#caller.call('task/get', params, options) as Promise<Task>;
  }

  /**
   * Lists tasks, the newest first, a page at a time.
   *
   * `task/list`, stable since version 1.
   * Fails with cloneNotFound, taskNotFound, storageFailed.
   */
  list(params: TaskListParams = {}, options?: CallOptions): Promise<TaskListResult> {
    return this.#caller.call('task/list', params, options) as Promise<TaskListResult>;
  }

  /**
   * Answers with the task once it has ended, however it ended.
   *
   * `task/wait`, stable since version 1.
   * Fails with taskNotFound, waitTimeout, storageFailed.
   */
  wait(params: TaskWaitParams, options?: CallOptions): Promise<Task> {
    return this.#caller.call('task/wait', params, options) as Promise<Task>;
  }

  /**
   * Cancels a task: a queued one never runs, the turn of a running one is ended. Answers once it has ended.
   *
   * `task/cancel`, stable since version 1.
   * Fails with taskNotFound, taskFinished, storageFailed.
   */
  cancel(params: TaskCancelParams, options?: CallOptions): Promise<Task> {
    return this.#caller.call('task/cancel', params, options) as Promise<Task>;
  }

  /**
   * Queues a task again that failed, was cancelled, interrupted or parked; same id, next attempt.
   *
   * `task/retry`, stable since version 1.
   * Fails with taskNotFound, taskNotRetryable, cloneNotFound, cloneRetired, cloneFailed, cloneReadOnly, clonePaused, asidesFull, capabilityMissing, environmentMissing, queueFull, storageFailed.
   */
  retry(params: TaskRetryParams, options?: CallOptions): Promise<Task> {
    return this.#caller.call('task/retry', params, options) as Promise<Task>;
  }
}

/** The `approval/…` methods. */
export class ApprovalApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Lists what brains wait for a human to decide, the newest first; those already decided where the filter names their status.
   *
   * `approval/list`, stable since version 1.
   * Fails with cloneNotFound, approvalNotFound, storageFailed.
   */
  list(params: ApprovalListParams = {}, options?: CallOptions): Promise<ApprovalListResult> {
    return this.#caller.call('approval/list', params, options) as Promise<ApprovalListResult>;
  }

  /**
   * Answers an approval. The first answer counts; a later one fails with approvalResolved.
   *
   * `approval/respond`, stable since version 1.
   * Fails with approvalNotFound, approvalResolved, storageFailed.
   */
  respond(params: ApprovalRespondParams, options?: CallOptions): Promise<Approval> {
    return this.#caller.call('approval/respond', params, options) as Promise<Approval>;
  }
}

/** The `event/…` methods. */
export class EventApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Begins a flow of `event/published`: the history after `from`, then all that happens, in one order.
   *
   * `event/subscribe`, stable since version 1.
   * Fails with cloneNotFound, limitReached, storageFailed.
   */
  subscribe(params: EventSubscribeParams = {}, options?: CallOptions): Promise<EventSubscribeResult> {
    return this.#caller.call('event/subscribe', params, options) as Promise<EventSubscribeResult>;
  }

  /**
   * Ends a subscription of this connection.
   *
   * `event/unsubscribe`, stable since version 1.
   * Fails with subscriptionNotFound.
   */
  unsubscribe(params: EventUnsubscribeParams, options?: CallOptions): Promise<Empty> {
    return this.#caller.call('event/unsubscribe', params, options) as Promise<Empty>;
  }

  /**
   * Reads a page of the stored history, in either direction.
   *
   * `event/read`, stable since version 1.
   * Fails with cloneNotFound, storageFailed.
   */
  read(params: EventReadParams, options?: CallOptions): Promise<EventReadResult> {
    return this.#caller.call('event/read', params, options) as Promise<EventReadResult>;
  }
}

/** The `stream/…` methods. */
export class StreamApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Attaches to a clone's terminal: the screen as it is, then every byte from there. `talk` opens the terminal where there is none, on the clone's own conversation; its tasks queue meanwhile.
   *
   * `stream/attach`, stable since version 1.
   * Fails with cloneNotFound, cloneAmbiguous, cloneRetired, cloneFailed, cloneReadOnly, cloneBusy, capabilityMissing, environmentMissing, brainMissing, brainDied, brainError, zoneInvalid, noTerminal, streamTaken, limitReached, storageFailed.
   */
  attach(params: StreamAttachParams, options?: CallOptions): Promise<StreamAttachResult> {
    return this.#caller.call('stream/attach', params, options) as Promise<StreamAttachResult>;
  }

  /**
   * Types into the terminal. Answered once the bytes are on their way to the program.
   *
   * `stream/write`, stable since version 1.
   * Fails with streamNotFound, streamEnded, streamReadOnly, inputFull.
   */
  write(params: StreamWriteParams, options?: CallOptions): Promise<Empty> {
    return this.#caller.call('stream/write', params, options) as Promise<Empty>;
  }

  /**
   * Sets the terminal's size; every viewer is told.
   *
   * `stream/resize`, stable since version 1.
   * Fails with streamNotFound, streamEnded, streamReadOnly.
   */
  resize(params: StreamResizeParams, options?: CallOptions): Promise<Empty> {
    return this.#caller.call('stream/resize', params, options) as Promise<Empty>;
  }

  /**
   * Says up to which byte the stream was read. More is sent only while less than the credit is unread; whoever says nothing for 30 s with the credit used up is let go.
   *
   * `stream/ack`, stable since version 1.
   * Fails with streamNotFound, streamEnded, ackInvalid.
   */
  ack(params: StreamAckParams, options?: CallOptions): Promise<Empty> {
    return this.#caller.call('stream/ack', params, options) as Promise<Empty>;
  }

  /**
   * Asks for the screen anew: `stream/resynced` comes in its place in the stream.
   *
   * `stream/resync`, stable since version 1.
   * Fails with streamNotFound, streamEnded.
   */
  resync(params: StreamResyncParams, options?: CallOptions): Promise<Empty> {
    return this.#caller.call('stream/resync', params, options) as Promise<Empty>;
  }

  /**
   * Says that a lane has ended, or was not to be had, and up to where the client got: the stream goes on through the daemon from there. Does nothing where there is none.
   *
   * `stream/rejoin`, stable since version 1.
   * Fails with streamNotFound, streamEnded, ackInvalid.
   */
  rejoin(params: StreamRejoinParams, options?: CallOptions): Promise<Empty> {
    return this.#caller.call('stream/rejoin', params, options) as Promise<Empty>;
  }

  /**
   * Ends a stream of this connection. The clone's terminal lives on.
   *
   * `stream/detach`, stable since version 1.
   * Fails with streamNotFound, streamEnded.
   */
  detach(params: StreamDetachParams, options?: CallOptions): Promise<Empty> {
    return this.#caller.call('stream/detach', params, options) as Promise<Empty>;
  }

  /**
   * Tells what a clone's terminal shows now, as text.
   *
   * `stream/screen`, stable since version 1.
   * Fails with cloneNotFound, cloneAmbiguous, noTerminal.
   */
  screen(params: StreamScreenParams, options?: CallOptions): Promise<StreamScreenResult> {
    return this.#caller.call('stream/screen', params, options) as Promise<StreamScreenResult>;
  }

  /**
   * Reads what a clone's terminal has shown, with its times: the run that lives, else the last that ended. Of a long run the oldest part is no longer kept.
   *
   * `stream/history`, stable since version 1.
   * Fails with cloneNotFound, cloneAmbiguous, noTerminal, storageFailed.
   */
  history(params: StreamHistoryParams, options?: CallOptions): Promise<StreamHistoryResult> {
    return this.#caller.call('stream/history', params, options) as Promise<StreamHistoryResult>;
  }
}

/** The `usage/…` methods. */
export class UsageApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Adds up tokens and cost by clone, task and model, as the brains report them.
   *
   * `usage/get`, stable since version 1.
   * Fails with cloneNotFound, taskNotFound, storageFailed.
   */
  get(params: UsageGetParams = {}, options?: CallOptions): Promise<UsageGetResult> {
    return this.#caller.call('usage/get', params, options) as Promise<UsageGetResult>;
  }
}

/** The `zone/…` methods. */
export class ZoneApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Tells the settings of the zone, and which sandbox its asks have.
   *
   * `zone/get`, stable since version 1.
   * Fails with storageFailed.
   */
  get(params: ZoneGetParams = {}, options?: CallOptions): Promise<ZoneGetResult> {
    return this.#caller.call('zone/get', params, options) as Promise<ZoneGetResult>;
  }

  /**
   * Changes settings of the zone; what is left out stays. Processes of asks that do not fit end at rest.
   *
   * `zone/set`, stable since version 1.
   * Fails with storageFailed.
   */
  set(params: ZoneSetParams = {}, options?: CallOptions): Promise<ZoneSetResult> {
    return this.#caller.call('zone/set', params, options) as Promise<ZoneSetResult>;
  }
}

/** The `sandbox/…` methods. */
export class SandboxApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Tells how to run a command exactly as an ask of a clone would run it. Secrets of the clone are left out of `env`.
   *
   * `sandbox/describe`, stable since version 1.
   * Fails with cloneNotFound, cloneAmbiguous, cloneRetired, capabilityMissing, sandboxMissing, storageFailed.
   */
  describe(params: SandboxDescribeParams, options?: CallOptions): Promise<SandboxDescribeResult> {
    return this.#caller.call('sandbox/describe', params, options) as Promise<SandboxDescribeResult>;
  }
}

/**
 * Every method of the protocol, over whatever carries its calls.
 * Beside its own errors any call may fail with invalidRequest, invalidParams, notInitialized, tooManyRequests, cancelled, shuttingDown, internalError.
 */
export class GeneratedApi {
  readonly #caller: Caller;
  /** The `daemon/…` methods. */
  readonly daemon: DaemonApi;
  /** The `clone/…` methods. */
  readonly clone: CloneApi;
  /** The `task/…` methods. */
  readonly task: TaskApi;
  /** The `approval/…` methods. */
  readonly approval: ApprovalApi;
  /** The `event/…` methods. */
  readonly event: EventApi;
  /** The `stream/…` methods. */
  readonly stream: StreamApi;
  /** The `usage/…` methods. */
  readonly usage: UsageApi;
  /** The `zone/…` methods. */
  readonly zone: ZoneApi;
  /** The `sandbox/…` methods. */
  readonly sandbox: SandboxApi;

  constructor(caller: Caller) {
    this.#caller = caller;
    this.daemon = new DaemonApi(caller);
    this.clone = new CloneApi(caller);
    this.task = new TaskApi(caller);
    this.approval = new ApprovalApi(caller);
    this.event = new EventApi(caller);
    this.stream = new StreamApi(caller);
    this.usage = new UsageApi(caller);
    this.zone = new ZoneApi(caller);
    this.sandbox = new SandboxApi(caller);
  }

  /**
   * Answers with the time: the daemon is there.
   *
   * `ping`, stable since version 1.
   */
  ping(params: PingParams = {}, options?: CallOptions): Promise<PingResult> {
    return this.#caller.call('ping', params, options) as Promise<PingResult>;
  }

  /**
   * Answers with the OpenRPC document of this protocol.
   *
   * `rpc.discover`, stable since version 1.
   */
  discover(params: RpcDiscoverParams = {}, options?: CallOptions): Promise<RpcDiscoverResult> {
    return this.#caller.call('rpc.discover', params, options) as Promise<RpcDiscoverResult>;
  }
}
