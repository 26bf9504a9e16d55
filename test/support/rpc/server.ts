import { createDispatcher, type Handler, type MethodSpec } from '../../../daemon/rpc/dispatch.js';
import type { CallContext } from '../../../daemon/rpc/call.js';
import type { Incident } from '../../../daemon/rpc/incident.js';
import type { RpcLimits } from '../../../daemon/rpc/limits.js';
import { RpcServer } from '../../../daemon/rpc/server.js';
import { makePlace } from './place.js';

/** A server with `initialize`, `ping` and whatever a test adds. */
export interface TestServer {
  readonly path: string;
  readonly rpc: RpcServer;
  readonly incidents: Incident[];
  stop(): Promise<void>;
}

const open: MethodSpec['parseParams'] = (value) => ({ ok: true, value });

const basic: Record<string, Handler> = {
  initialize: (params: { environment?: Record<string, string> }, context: CallContext) => {
    context.connection.welcome({ name: 'test', version: '1', environment: params.environment ?? {} });
    return { protocolVersion: 1, cursor: { epoch: 1, seq: 0 } };
  },
  ping: () => ({ at: new Date(0).toISOString() }),
};

/** Serves handlers on a real unix socket. `specs` replaces a method's params check. */
export async function startServer(
  handlers: Record<string, Handler> = {},
  options: {
    readonly limits?: Partial<RpcLimits>;
    readonly maxConnections?: number;
    readonly specs?: Record<string, MethodSpec>;
  } = {},
): Promise<TestServer> {
  const place = await makePlace();
  const incidents: Incident[] = [];
  const all = { ...basic, ...handlers };
  const methods = new Map(
    Object.keys(all).map((name): [string, MethodSpec] => [
      name,
      options.specs?.[name] ?? { beforeInitialize: name === 'initialize', parseParams: open },
    ]),
  );
  const dispatcher = createDispatcher({
    methods,
    handlers: all,
    onIncident: (incident) => incidents.push(incident),
  });
  const rpc = new RpcServer({
    server: place.server,
    dispatcher,
    ...(options.limits && { limits: options.limits }),
    ...(options.maxConnections !== undefined && { maxConnections: options.maxConnections }),
  });
  return {
    path: place.path,
    rpc,
    incidents,
    async stop() {
      await rpc.close({ graceMs: 100 });
      await place.remove();
    },
  };
}
