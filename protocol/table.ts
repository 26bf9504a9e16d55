import type { z } from 'zod';
import * as approval from './methods/approval.js';
import * as clone from './methods/clone.js';
import * as daemon from './methods/daemon.js';
import * as event from './methods/event.js';
import * as session from './methods/session.js';
import * as stream from './methods/stream.js';
import * as task from './methods/task.js';
import * as usage from './methods/usage.js';
import * as zone from './methods/zone.js';

/** The one table: every message of the protocol, in the order the documents print them. */
export const table = [
  session.initialize,
  session.ping,
  session.discover,
  daemon.daemonStatus,
  daemon.daemonStop,
  clone.cloneEnroll,
  clone.cloneList,
  clone.cloneGet,
  clone.cloneUpdate,
  clone.cloneAct,
  clone.cloneAsk,
  clone.cloneInterrupt,
  clone.cloneHibernate,
  clone.cloneRestart,
  clone.cloneRetire,
  task.taskGet,
  task.taskList,
  task.taskWait,
  task.taskCancel,
  task.taskRetry,
  approval.approvalList,
  approval.approvalRespond,
  event.eventSubscribe,
  event.eventUnsubscribe,
  event.eventRead,
  event.eventPublished,
  stream.streamAttach,
  stream.streamWrite,
  stream.streamResize,
  stream.streamAck,
  stream.streamResync,
  stream.streamRejoin,
  stream.streamDetach,
  stream.streamScreen,
  stream.streamHistory,
  stream.streamData,
  stream.streamResized,
  stream.streamResynced,
  stream.streamEnded,
  usage.usageGet,
  zone.zoneGet,
  zone.zoneSet,
  zone.sandboxDescribe,
] as const;

type AnyRow = (typeof table)[number];

/** The rows that are calls. */
export type RequestOf<N extends MethodName = MethodName> = Extract<AnyRow, { kind: 'request'; name: N }>;

/** The names of all calls. */
export type MethodName = Extract<AnyRow, { kind: 'request' }>['name'];

/** The params of a call once parsed. */
export type Params<N extends MethodName> = z.output<RequestOf<N>['params']>;

/** The result of a call. */
export type Result<N extends MethodName> = z.input<RequestOf<N>['result']>;
