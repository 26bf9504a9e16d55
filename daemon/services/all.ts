import type { CallContext } from '../rpc/call.js';
import type { Handlers } from '../rpc/generated/handlers.js';
import { storageError } from '../store/database.js';
import { afterFound } from './afterFound.js';
import { approvalService } from './approvals.js';
import { cloneService, type CloneParts } from './clones.js';
import { daemonService, type DaemonParts } from './daemon.js';
import { eventService } from './events.js';
import { sessionService } from './session.js';
import { streamService, type StreamParts } from './streams.js';
import { taskService, type TaskParts } from './tasks.js';
import { usageService } from './usage.js';
import { zoneService, type ZoneParts } from './zone.js';
import { whileWritable } from './whileWritable.js';

/** Everything the handlers work with. */
export type ServiceParts = CloneParts &
  DaemonParts &
  TaskParts &
  StreamParts &
  ZoneParts &
  Parameters<typeof sessionService>[0] &
  Parameters<typeof approvalService>[0] & {
    /** Resolves once the processes that an earlier daemon left are back with their clones. */
    readonly found: Promise<void>;
  };

/** A handler for every call of the table: one that is missing does not compile. */
export function createHandlers(parts: ServiceParts): Handlers<CallContext> {
  const all: Handlers<CallContext> = {
    ...sessionService(parts),
    ...daemonService(parts),
    ...cloneService(parts),
    ...taskService(parts),
    ...approvalService(parts),
    ...eventService(parts),
    ...streamService(parts),
    ...usageService(parts),
    ...zoneService(parts),
  };
  const handlers = afterFound(whileWritable(all, parts.store), () => parts.found);
  const entries = Object.entries(handlers).map(([name, handler]) => [
    name,
    withStorageErrors(handler as AnyHandler),
  ]);
  return Object.fromEntries(entries) as Handlers<CallContext>;
}

type AnyHandler = (params: unknown, context: CallContext) => Promise<unknown>;

/** A disk that fails under any statement is storageFailed, whoever ran it. */
function withStorageErrors(handler: AnyHandler): AnyHandler {
  return async (params, context) => {
    try {
      return await handler(params, context);
    } catch (error) {
      throw storageError(error);
    }
  };
}
