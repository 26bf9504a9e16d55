import { randomUUID } from 'node:crypto';
import { KhloneError } from '../../protocol/error.js';
import { fail } from '../../protocol/fail.js';
import type { Call, CallContext } from './call.js';
import type { Incident } from './incident.js';

/** One bad member of the params. */
export interface ParamIssue {
  /** Such as `say`, `limits.timeoutMs` or `labels["x y"]`; empty for the params as a whole. */
  readonly path: string;
  readonly message: string;
}

/** Params as the handler takes them, or all that is wrong with them. */
export type ParsedParams =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly ParamIssue[] };

/** What the dispatcher has to know of a method. */
export interface MethodSpec {
  /** Whether it may come before a successful initialize. */
  readonly beforeInitialize: boolean;
  /** Whether it is answered past the library's queue. */
  readonly express?: boolean;
  parseParams(raw: unknown): ParsedParams;
}

/** Answers one method; what it throws goes out if it is of the registry. */
export type Handler = (params: never, context: CallContext) => unknown;

/** Everything a dispatcher is made of. */
export interface DispatcherParts {
  readonly methods: ReadonlyMap<string, MethodSpec>;
  /** A Handler for each method, under the method's name. */
  readonly handlers: object;
  /** Hears of failures that are not of the registry; the client learns the id only. */
  readonly onIncident: (incident: Incident) => void;
}

/** Runs calls by name. */
export interface Dispatcher {
  /** Resolves to the result; rejects with a KhloneError and nothing else. */
  dispatch(method: string, params: unknown, call: Call): Promise<unknown>;
  /** Whether a method is answered past the library's queue. */
  isExpress(method: string): boolean;
  readonly onIncident: (incident: Incident) => void;
}

const issuesInSummary = 3;

function invalidParams(issues: readonly ParamIssue[]): KhloneError {
  const told = issues
    .slice(0, issuesInSummary)
    .map(({ path, message }) => (path ? `${path}: ${message}` : message));
  const rest = issues.length - told.length;
  const summary = told.join('; ') + (rest > 0 ? `; and ${rest} more` : '');
  return fail('invalidParams', { summary, issues: [...issues] });
}

/** Ties methods to their handlers. Throws at once if a method has none. */
export function createDispatcher({ methods, handlers, onIncident }: DispatcherParts): Dispatcher {
  const routes = new Map<string, { readonly spec: MethodSpec; readonly handler: Handler }>();
  for (const [name, spec] of methods) {
    const handler: unknown = Object.hasOwn(handlers, name) ? handlers[name as keyof object] : undefined;
    if (typeof handler !== 'function') throw new Error(`method ${name} has no handler`);
    routes.set(name, { spec, handler: handler as Handler });
  }

  const run = async (method: string, params: unknown, call: Call): Promise<unknown> => {
    const route = routes.get(method);
    if (call.connection.state === 'greeting' && route?.spec.beforeInitialize !== true) {
      throw fail('notInitialized', { method });
    }
    if (route === undefined) throw fail('methodNotFound', { method });
    const parsed = route.spec.parseParams(params ?? {});
    if (!parsed.ok) throw invalidParams(parsed.issues);
    if (call.ending !== undefined) throw call.ending;
    return route.handler(parsed.value as never, call);
  };

  return {
    onIncident,
    isExpress: (method) => routes.get(method)?.spec.express === true,
    async dispatch(method, params, call) {
      try {
        return await run(method, params, call);
      } catch (error) {
        // A call told to end ends as told, however its handler worded it. One that succeeds all the
        // same answers its result: what has been done is not called cancelled.
        if (call.ending !== undefined) throw call.ending;
        if (error instanceof KhloneError) throw error;
        const incident = { id: randomUUID(), method, error };
        onIncident(incident);
        throw fail('internalError', { incident: incident.id });
      }
    },
  };
}
