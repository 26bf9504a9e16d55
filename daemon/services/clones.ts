import { fail } from '../../protocol/fail.js';
import type { Clone, Limits, Notice } from '../../protocol/shapes/clone.js';
import type { Task } from '../../protocol/shapes/task.js';
import type { Params } from '../../protocol/table.js';
import type { CloneDirectory } from '../clones/directory.js';
import { checkGiven } from '../clones/checkGiven.js';
import type { Enrolment } from '../clones/enrolment.js';
import type { Intake } from '../clones/intake.js';
import type { CloneRunner } from '../clones/runner.js';
import { taskView } from '../clones/views.js';
import { part, type Vault } from '../environment/vault.js';
import type { Bounds } from '../holder/bounds.js';
import type { Resources } from '../holder/resources.js';
import type { CallContext } from '../rpc/call.js';
import type { CloneRecord } from '../store/cloneTable.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import type { Store } from '../store/store.js';
import type { ZoneSettings } from '../zone/settings.js';
import { pageOf } from './page.js';
import type { Service } from './parts.js';

/** What the clones' handlers work with. */
export interface CloneParts {
  readonly store: Store;
  readonly directory: CloneDirectory;
  readonly enrolment: Enrolment;
  readonly intake: Intake;
  readonly vault: Vault;
  /** Whether asks may do without a sandbox, and whether they must. */
  readonly settings: ZoneSettings;
  readonly sandbox: Sandbox;
  /** What brains use now, by clone. */
  readonly resources: () => Promise<ReadonlyMap<string, Resources>>;
  /** By what the limits of a clone are kept. */
  readonly boundsOf: (clone: string, limits: Limits) => Bounds;
  /** What its user should know of a clone. */
  readonly noticesOf: (clone: CloneRecord) => readonly Notice[];
}

type Names =
  | 'clone/enroll'
  | 'clone/list'
  | 'clone/get'
  | 'clone/update'
  | 'clone/act'
  | 'clone/ask'
  | 'clone/interrupt'
  | 'clone/hibernate'
  | 'clone/restart'
  | 'clone/retire';

/** Enrolls, describes and changes clones, and gives them work. */
export function cloneService(parts: CloneParts): Service<Names> {
  const { store, directory, enrolment, intake, vault } = parts;

  /** The clone in service that a client addresses; it takes what it misses from that client. */
  const address = (who: string, { environment }: CallContext): CloneRunner => {
    const runner = directory.inService(who);
    runner.supply(environment);
    return runner;
  };

  /** @throws sandboxMissing where asks must have one */
  const checkSandbox = async (): Promise<void> => {
    const state = parts.settings.askSandbox === 'require' ? await parts.sandbox.state() : undefined;
    if (state?.kind === 'none') throw fail('sandboxMissing', { reason: state.reason, next: state.next });
  };

  const give = (kind: 'act' | 'ask', params: Params<'clone/act'>, { environment }: CallContext): Task => {
    checkGiven(params);
    const { _meta: _, ...work } = params;
    const record = intake.give({ ...work, kind }, environment);
    return taskView(record, store.usage.ofTask(record.id));
  };

  /** Clones with what their processes use at this moment. */
  const measured = async (runners: readonly CloneRunner[]): Promise<Clone[]> => {
    const busy = runners.some((runner) => runner.hasProcess);
    const resources = busy ? await parts.resources() : new Map<string, Resources>();
    return runners.map((runner) => {
      const { name, limits } = runner.record;
      const enforced = runner.state === 'retired' ? {} : parts.boundsOf(name, limits);
      const used = resources.get(name);
      const notices = parts.noticesOf(runner.record);
      return {
        ...runner.view(),
        ...(used && { resources: used }),
        ...(notices.length > 0 && { notices: [...notices] }),
        ...(Object.keys(enforced).length > 0 && { enforced }),
      };
    });
  };

  return {
    async 'clone/enroll'(params, { environment }) {
      return (await enrolment.enroll(params, environment)).view();
    },

    async 'clone/list'({ role, labels, status, limit = 1000, after }) {
      const wanted = Object.entries(labels ?? {});
      const from = after === undefined ? 0 : directory.all().indexOf(directory.one(after)) + 1;
      const found = directory
        .all()
        .slice(from)
        .filter(({ record, state }) => {
          if (status ? !status.includes(state) : state === 'retired') return false;
          if (role !== undefined && record.role !== role) return false;
          return wanted.every(
            ([key, value]) => Object.hasOwn(record.labels, key) && record.labels[key] === value,
          );
        });
      const views = await measured(found);
      const { items, more } = pageOf(views, limit, (clone) => JSON.stringify(clone).length);
      const last = items.at(-1);
      return { clones: items, ...(last && more && { next: last.name }) };
    },

    async 'clone/get'({ who }, { environment }) {
      const runner = directory.one(who);
      runner.supply(environment);
      const [clone = runner.view()] = await measured([runner]);
      return clone;
    },

    async 'clone/update'({ who, env, limits, brief, model, approvals, labels, terminal }, context) {
      const runner = address(who, context);
      const { record } = runner;
      checkGiven({ labels, brief, env, terminal, runs: record.command !== undefined });
      const given = part(env ?? {});
      const plain = { ...record.env, ...given.plain };
      for (const name of Object.keys(given.secret)) delete plain[name];
      const secrets = new Set([...record.secrets, ...Object.keys(given.secret)]);
      for (const name of Object.keys(given.plain)) secrets.delete(name);
      const wishes = record.wishes.filter((name) => env?.[name] === undefined);
      const held = vault.get(record.name);
      vault.put(record.name, given.secret);
      try {
        runner.update({
          env: plain,
          secrets: [...secrets],
          wishes,
          limits: { ...record.limits, ...limits },
          ...(brief !== undefined && { brief }),
          ...(model !== undefined && { model }),
          ...(approvals !== undefined && { approvals }),
          ...(labels !== undefined && { labels }),
          ...(terminal !== undefined && { terminal }),
        });
      } catch (error) {
        // Nothing was changed, and that holds for what is in memory only as well.
        vault.forget(record.name);
        vault.put(record.name, held);
        throw error;
      }
      return runner.view();
    },

    async 'clone/act'(params, context) {
      if (intake.kindFor({ kind: 'act', who: params.who }) === 'ask') await checkSandbox();
      return give('act', params, context);
    },

    async 'clone/ask'(params, context) {
      await checkSandbox();
      return give('ask', params, context);
    },

    async 'clone/interrupt'({ who }, context) {
      const runner = address(who, context);
      await runner.interrupt({
        step: 'interrupt',
        error: fail('taskInterrupted', { reason: 'a client asked for it' }),
      });
      return runner.view();
    },

    async 'clone/hibernate'({ who, now }) {
      const runner = directory.inService(who);
      await runner.hibernate({ now: now ?? false });
      return runner.view();
    },

    async 'clone/restart'({ who }, context) {
      const runner = address(who, context);
      runner.forgive();
      await runner.hibernate({ now: true, why: 'restarted' });
      return runner.view();
    },

    async 'clone/retire'({ who }) {
      const runner = directory.inService(who);
      await runner.retire({
        step: 'cancel',
        error: fail('cloneRetired', { clone: runner.record.name }),
      });
      vault.forget(runner.record.name);
      return runner.view();
    },
  };
}
