import { fail } from '../../protocol/fail.js';
import type { Sandbox as SandboxView } from '../../protocol/shapes/zone.js';
import type { BrainSupplier } from '../brains/contract.js';
import type { CloneDirectory } from '../clones/directory.js';
import type { CloneEnvironment } from '../clones/environment.js';
import { specOf } from '../clones/spec.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import type { ZoneSettings } from '../zone/settings.js';
import type { Service } from './parts.js';

/** What the handlers of the zone's own affairs work with. */
export interface ZoneParts {
  readonly settings: ZoneSettings;
  readonly sandbox: Sandbox;
  readonly environment: CloneEnvironment;
  readonly directory: CloneDirectory;
  readonly suppliers: ReadonlyMap<string, BrainSupplier>;
}

/** What stands around asks here. */
export async function sandboxView({
  settings,
  sandbox,
}: Pick<ZoneParts, 'settings' | 'sandbox'>): Promise<SandboxView> {
  return { setting: settings.askSandbox, ...(await sandbox.state()) };
}

/** The settings of the zone, and its asks' sandbox for whoever wants to look from within. */
export function zoneService(parts: ZoneParts): Service<'zone/get' | 'zone/set' | 'sandbox/describe'> {
  const { settings, sandbox, environment, directory, suppliers } = parts;
  return {
    async 'zone/get'() {
      return { settings: { ask: { sandbox: settings.askSandbox } }, sandbox: await sandboxView(parts) };
    },

    async 'zone/set'({ ask }) {
      if (ask?.sandbox !== undefined) settings.setAskSandbox(ask.sandbox);
      return { ask: { sandbox: settings.askSandbox } };
    },

    async 'sandbox/describe'({ who, command: [program = '', ...args] }) {
      const { record } = directory.inService(who);
      const spec = specOf(record, 'ask', { env: environment.of(record), sandbox: 'require' });
      // A place like that of its conversation, and not the very one: an ask of it may be on.
      const look = { ...spec, conversation: `look-${record.name}` };
      const places = suppliers.get(record.brain)?.askPlaces?.(look);
      if (!places) throw fail('capabilityMissing', { brain: record.brain, capability: 'ask' });
      const withheld = [...record.secrets, ...record.wishes].filter((name) => spec.env[name] !== undefined);
      const env = Object.fromEntries(Object.entries(spec.env).filter(([name]) => !withheld.includes(name)));
      const made = await sandbox.confine({ program, args, cwd: record.cwd, env }, places.needs);
      if (made.kind === 'none') throw fail('sandboxMissing', { reason: made.reason, next: made.next });
      const { run } = made;
      return {
        clone: record.name,
        sandbox: made.kind,
        ...run,
        args: [...run.args],
        env: { ...run.env },
        withheld,
      };
    },
  };
}
