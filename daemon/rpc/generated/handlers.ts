// Generated from protocol/table.ts by `npm run generate`. Do not edit.

import type { z } from 'zod';
import type { Params, Result, table } from '../../../protocol/table.js';

/** One handler for every call; `Context` is what the daemon knows of the caller. */
export interface Handlers<Context> {
  /**
   * Opens the conversation: agrees on a version and tells each side who the other is. Must come first.
   * May fail with versionUnsupported.
   */
  initialize(params: Params<'initialize'>, context: Context): Promise<Result<'initialize'>>;

  /** Answers with the time: the daemon is there. */
  ping(params: Params<'ping'>, context: Context): Promise<Result<'ping'>>;

  /** Answers with the OpenRPC document of this protocol. */
  'rpc.discover'(params: Params<'rpc.discover'>, context: Context): Promise<Result<'rpc.discover'>>;

  /**
   * Tells how the daemon is: its zone, age, clones, tasks, clients and memory.
   * May fail with storageFailed.
   */
  'daemon/status'(params: Params<'daemon/status'>, context: Context): Promise<Result<'daemon/status'>>;

  /** Stops the daemon. Queued tasks wait for the next start; a running one is interrupted, unless it is drained or its brain is kept. */
  'daemon/stop'(params: Params<'daemon/stop'>, context: Context): Promise<Result<'daemon/stop'>>;

  /**
   * Enrolls a clone. No process is started until its first task.
   * May fail with brainUnknown, brainMissing, capabilityMissing, roleReadOnly, roleMayAct, cloneNameTaken, zoneInvalid, idempotencyConflict, limitReached, storageFailed.
   */
  'clone/enroll'(params: Params<'clone/enroll'>, context: Context): Promise<Result<'clone/enroll'>>;

  /**
   * Lists clones in the order they were enrolled; retired ones only where the filter names that status.
   * May fail with cloneNotFound, storageFailed.
   */
  'clone/list'(params: Params<'clone/list'>, context: Context): Promise<Result<'clone/list'>>;

  /**
   * Tells all about one clone, retired ones included.
   * May fail with cloneNotFound, cloneAmbiguous, storageFailed.
   */
  'clone/get'(params: Params<'clone/get'>, context: Context): Promise<Result<'clone/get'>>;

  /**
   * Changes a clone. What its process was started with changes with the next task, on the same conversation.
   * May fail with cloneNotFound, cloneAmbiguous, cloneRetired, storageFailed.
   */
  'clone/update'(params: Params<'clone/update'>, context: Context): Promise<Result<'clone/update'>>;

  /**
   * Gives a clone work that may change the zone. Answers with a receipt once the task is durable; it runs after. Where all that `who` stands for are read-only, the task is an ask: the receipt says so by its `kind`.
   * May fail with cloneNotFound, cloneRetired, cloneFailed, capabilityMissing, sandboxMissing, environmentMissing, queueFull, idempotencyConflict, storageFailed.
   */
  'clone/act'(params: Params<'clone/act'>, context: Context): Promise<Result<'clone/act'>>;

  /**
   * Asks a clone something that must not change the zone: it runs read-only. Answers with a receipt, like act.
   * May fail with cloneNotFound, cloneRetired, cloneFailed, capabilityMissing, sandboxMissing, environmentMissing, queueFull, idempotencyConflict, storageFailed, cloneAmbiguous, clonePaused, asidesFull.
   */
  'clone/ask'(params: Params<'clone/ask'>, context: Context): Promise<Result<'clone/ask'>>;

  /**
   * Ends a clone's turn and keeps its conversation; its queue goes on. Wakes a clone that was parked as failed.
   * May fail with cloneNotFound, cloneAmbiguous, cloneRetired, storageFailed.
   */
  'clone/interrupt'(params: Params<'clone/interrupt'>, context: Context): Promise<Result<'clone/interrupt'>>;

  /**
   * Ends a clone's process, at rest or in its terminal, and keeps its conversation: its next task starts another. A running turn ends first.
   * May fail with cloneNotFound, cloneAmbiguous, cloneRetired, storageFailed.
   */
  'clone/hibernate'(params: Params<'clone/hibernate'>, context: Context): Promise<Result<'clone/hibernate'>>;

  /**
   * Ends a clone's process, interrupts a running turn, and forgives its failures: no delay and no parking is left. Its next task, or what is queued, starts another process on the same conversation.
   * May fail with cloneNotFound, cloneAmbiguous, cloneRetired, storageFailed.
   */
  'clone/restart'(params: Params<'clone/restart'>, context: Context): Promise<Result<'clone/restart'>>;

  /**
   * Retires a clone for good: cancels its tasks and ends its process. Its history stays.
   * May fail with cloneNotFound, cloneAmbiguous, cloneRetired, storageFailed.
   */
  'clone/retire'(params: Params<'clone/retire'>, context: Context): Promise<Result<'clone/retire'>>;

  /**
   * Tells all about one task.
   * May fail with taskNotFound, storageFailed.
   */
  'task/get'(params: Params<'task/get'>, context: Context): Promise<Result<'task/get'>>;

  /**
   * Lists tasks, the newest first, a page at a time.
   * May fail with cloneNotFound, taskNotFound, storageFailed.
   */
  'task/list'(params: Params<'task/list'>, context: Context): Promise<Result<'task/list'>>;

  /**
   * Answers with the task once it has ended, however it ended.
   * May fail with taskNotFound, waitTimeout, storageFailed.
   */
  'task/wait'(params: Params<'task/wait'>, context: Context): Promise<Result<'task/wait'>>;

  /**
   * Cancels a task: a queued one never runs, the turn of a running one is ended. Answers once it has ended.
   * May fail with taskNotFound, taskFinished, storageFailed.
   */
  'task/cancel'(params: Params<'task/cancel'>, context: Context): Promise<Result<'task/cancel'>>;

  /**
   * Queues a task again that failed, was cancelled, interrupted or parked; same id, next attempt.
   * May fail with taskNotFound, taskNotRetryable, cloneNotFound, cloneRetired, cloneFailed, cloneReadOnly, clonePaused, asidesFull, capabilityMissing, environmentMissing, queueFull, storageFailed.
   */
  'task/retry'(params: Params<'task/retry'>, context: Context): Promise<Result<'task/retry'>>;

  /**
   * Lists what brains wait for a human to decide, the newest first; those already decided where the filter names their status.
   * May fail with cloneNotFound, approvalNotFound, storageFailed.
   */
  'approval/list'(params: Params<'approval/list'>, context: Context): Promise<Result<'approval/list'>>;

  /**
   * Answers an approval. The first answer counts; a later one fails with approvalResolved.
   * May fail with approvalNotFound, approvalResolved, storageFailed.
   */
  'approval/respond'(
    params: Params<'approval/respond'>,
    context: Context,
  ): Promise<Result<'approval/respond'>>;

  /**
   * Begins a flow of `event/published`: the history after `from`, then all that happens, in one order.
   * May fail with cloneNotFound, limitReached, storageFailed.
   */
  'event/subscribe'(params: Params<'event/subscribe'>, context: Context): Promise<Result<'event/subscribe'>>;

  /**
   * Ends a subscription of this connection.
   * May fail with subscriptionNotFound.
   */
  'event/unsubscribe'(
    params: Params<'event/unsubscribe'>,
    context: Context,
  ): Promise<Result<'event/unsubscribe'>>;

  /**
   * Reads a page of the stored history, in either direction.
   * May fail with cloneNotFound, storageFailed.
   */
  'event/read'(params: Params<'event/read'>, context: Context): Promise<Result<'event/read'>>;

  /**
   * Attaches to a clone's terminal: the screen as it is, then every byte from there. `talk` opens the terminal where there is none, on the clone's own conversation; its tasks queue meanwhile.
   * May fail with cloneNotFound, cloneAmbiguous, cloneRetired, cloneFailed, cloneReadOnly, cloneBusy, capabilityMissing, environmentMissing, brainMissing, brainDied, brainError, zoneInvalid, noTerminal, streamTaken, limitReached, storageFailed.
   */
  'stream/attach'(params: Params<'stream/attach'>, context: Context): Promise<Result<'stream/attach'>>;

  /**
   * Types into the terminal. Answered once the bytes are on their way to the program.
   * May fail with streamNotFound, streamEnded, streamReadOnly, inputFull.
   */
  'stream/write'(params: Params<'stream/write'>, context: Context): Promise<Result<'stream/write'>>;

  /**
   * Sets the terminal's size; every viewer is told.
   * May fail with streamNotFound, streamEnded, streamReadOnly.
   */
  'stream/resize'(params: Params<'stream/resize'>, context: Context): Promise<Result<'stream/resize'>>;

  /**
   * Says up to which byte the stream was read. More is sent only while less than the credit is unread; whoever says nothing for 30 s with the credit used up is let go.
   * May fail with streamNotFound, streamEnded, ackInvalid.
   */
  'stream/ack'(params: Params<'stream/ack'>, context: Context): Promise<Result<'stream/ack'>>;

  /**
   * Asks for the screen anew: `stream/resynced` comes in its place in the stream.
   * May fail with streamNotFound, streamEnded.
   */
  'stream/resync'(params: Params<'stream/resync'>, context: Context): Promise<Result<'stream/resync'>>;

  /**
   * Says that a lane has ended, or was not to be had, and up to where the client got: the stream goes on through the daemon from there. Does nothing where there is none.
   * May fail with streamNotFound, streamEnded, ackInvalid.
   */
  'stream/rejoin'(params: Params<'stream/rejoin'>, context: Context): Promise<Result<'stream/rejoin'>>;

  /**
   * Ends a stream of this connection. The clone's terminal lives on.
   * May fail with streamNotFound, streamEnded.
   */
  'stream/detach'(params: Params<'stream/detach'>, context: Context): Promise<Result<'stream/detach'>>;

  /**
   * Tells what a clone's terminal shows now, as text.
   * May fail with cloneNotFound, cloneAmbiguous, noTerminal.
   */
  'stream/screen'(params: Params<'stream/screen'>, context: Context): Promise<Result<'stream/screen'>>;

  /**
   * Reads what a clone's terminal has shown, with its times: the run that lives, else the last that ended. Of a long run the oldest part is no longer kept.
   * May fail with cloneNotFound, cloneAmbiguous, noTerminal, storageFailed.
   */
  'stream/history'(params: Params<'stream/history'>, context: Context): Promise<Result<'stream/history'>>;

  /**
   * Adds up tokens and cost by clone, task and model, as the brains report them.
   * May fail with cloneNotFound, taskNotFound, storageFailed.
   */
  'usage/get'(params: Params<'usage/get'>, context: Context): Promise<Result<'usage/get'>>;

  /**
   * Tells the settings of the zone, and which sandbox its asks have.
   * May fail with storageFailed.
   */
  'zone/get'(params: Params<'zone/get'>, context: Context): Promise<Result<'zone/get'>>;

  /**
   * Changes settings of the zone; what is left out stays. Processes of asks that do not fit end at rest.
   * May fail with storageFailed.
   */
  'zone/set'(params: Params<'zone/set'>, context: Context): Promise<Result<'zone/set'>>;

  /**
   * Tells how to run a command exactly as an ask of a clone would run it. Secrets of the clone are left out of `env`.
   * May fail with cloneNotFound, cloneAmbiguous, cloneRetired, capabilityMissing, sandboxMissing, storageFailed.
   */
  'sandbox/describe'(
    params: Params<'sandbox/describe'>,
    context: Context,
  ): Promise<Result<'sandbox/describe'>>;
}

/** The params of every message the daemon sends on its own. */
export interface Notifications {
  /** Events of a subscription, in order. Several may come at once. */
  'event/published': z.input<Extract<(typeof table)[number], { name: 'event/published' }>['params']>;

  /** The terminal's output, in order and without a gap. */
  'stream/data': z.input<Extract<(typeof table)[number], { name: 'stream/data' }>['params']>;

  /** The terminal has another size from this byte on. */
  'stream/resized': z.input<Extract<(typeof table)[number], { name: 'stream/resized' }>['params']>;

  /** The screen anew, in place of what the client was too slow to read, or on request: clear the terminal and draw it. Data goes on from its offset. */
  'stream/resynced': z.input<Extract<(typeof table)[number], { name: 'stream/resynced' }>['params']>;

  /** The stream is over: nothing more comes, and its id means nothing any more. */
  'stream/ended': z.input<Extract<(typeof table)[number], { name: 'stream/ended' }>['params']>;
}
