import type { CallContext } from '../rpc/call.js';
import type { Handlers } from '../rpc/generated/handlers.js';

/** The handlers of one domain. */
export type Service<N extends keyof Handlers<CallContext>> = Pick<Handlers<CallContext>, N>;
