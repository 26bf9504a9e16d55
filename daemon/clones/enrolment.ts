import { randomUUID } from 'node:crypto';
import { brainVariables } from '../../protocol/brainVariables.js';
import { fail } from '../../protocol/fail.js';
import type { Usage } from '../../protocol/shapes/usage.js';
import type { Params } from '../../protocol/table.js';
import type { BrainSupplier } from '../brains/contract.js';
import { part, type Vault } from '../environment/vault.js';
import type { CloneRecord } from '../store/cloneTable.js';
import { now } from '../store/ids.js';
import { noUsage } from '../store/usageTable.js';
import type { CloneDirectory } from './directory.js';
import type { Variables } from './environment.js';
import { CloneRunner } from './runner.js';
import type { RunnerShared } from './runnerShared.js';
import { badParam } from './badParam.js';
import { checkGiven } from './checkGiven.js';
import { workingDirectory } from './workingDirectory.js';

/** The supplier of a clone that names none. */
const defaultBrain = 'claude';

/** Most clones in service in one zone. */
const maxClones = 1000;

/** The highest number that a clone's name can have. */
const maxNumber = 999_999;

/** What enrolling works with. */
export interface EnrolmentParts {
  readonly root: string;
  readonly shared: RunnerShared;
  readonly directory: CloneDirectory;
  readonly suppliers: ReadonlyMap<string, BrainSupplier>;
  readonly vault: Vault;
}

/** Brings clones into service: new ones, and at a start those that the zone has. */
export class Enrolment {
  readonly #parts: EnrolmentParts;
  #closed = false;

  constructor(parts: EnrolmentParts) {
    this.#parts = parts;
  }

  /** Puts the zone's clones back into service. */
  restore(): void {
    const { store } = this.#parts.shared;
    const used = new Map(
      store.usage.by('clone', {}, Number.MAX_SAFE_INTEGER).map(({ clone, ...usage }) => [clone, usage]),
    );
    for (const record of store.clones.all()) {
      const supplier = this.#parts.suppliers.get(record.brain);
      if (supplier)
        this.#parts.directory.add(this.#runner(record, supplier, used.get(record.name) ?? noUsage));
    }
  }

  /** Takes no new clone from here on: it would run behind the back of a daemon that is ending. */
  close(): void {
    this.#closed = true;
  }

  /**
   * Enrolls a clone.
   * @throws brainUnknown, brainMissing, capabilityMissing, roleReadOnly, roleMayAct, cloneNameTaken, zoneInvalid,
   * idempotencyConflict, limitReached, invalidParams, storageFailed, shuttingDown
   */
  async enroll(params: Params<'clone/enroll'>, environment: Variables): Promise<CloneRunner> {
    const { shared, directory, suppliers, vault, root } = this.#parts;
    const { store, log } = shared;
    const { idempotencyKey: key, env, _meta: _, ...call } = params;
    const made = (): CloneRunner | undefined => {
      const name = key === undefined ? undefined : store.idempotency.find(key, call);
      return name === undefined ? undefined : directory.get(name);
    };
    const earlier = made();
    if (earlier) {
      earlier.supply(environment, env);
      return earlier;
    }

    const brain = params.brain ?? defaultBrain;
    const supplier = suppliers.get(brain);
    if (!supplier) throw fail('brainUnknown', { brain, known: [...suppliers.keys()] });
    checkGiven({ ...params, runs: supplier.sharesTerminal });
    const given = part({ ...brainVariables(environment), ...env });
    const all = { ...given.plain, ...given.secret };
    const needs = (secret: string): boolean => env?.[secret] !== undefined || supplier.runsOn(secret, all);
    const cwd = workingDirectory(root, params.cwd);
    await supplier.probe(all, params.command && { command: params.command, cwd });

    // From here on without a pause: the number that is free now is the number that is taken.
    const meanwhile = made();
    if (meanwhile) return meanwhile;
    if (this.#closed) throw fail('shuttingDown', {});
    if (directory.all().filter((runner) => runner.state !== 'retired').length >= maxClones) {
      throw fail('limitReached', { what: 'clones', limit: maxClones });
    }
    const readOnly = isReadOnly(params, directory.all());
    if (readOnly && !supplier.capabilities.ask) throw fail('capabilityMissing', { brain, capability: 'ask' });
    const { name, number } = this.#nameOf(params.role, params.name);
    const conversation = params.resume?.toLowerCase() ?? randomUUID();
    const holder = directory.inConversation(conversation);
    // One process at a time holds a conversation, and each clone would start one of its own.
    if (holder) throw badParam('resume', `is the conversation of ${holder.record.name}; give it the work`);
    const record: CloneRecord = {
      name,
      role: params.role,
      number,
      brain,
      conversation,
      begun: params.resume !== undefined,
      cwd,
      command: params.command,
      terminal: params.terminal,
      model: params.model,
      brief: params.brief,
      approvals: params.approvals ?? 'ask',
      limits: params.limits ?? {},
      labels: params.labels ?? {},
      grants: [],
      env: given.plain,
      secrets: Object.keys(given.secret).filter(needs),
      wishes: Object.keys(given.secret).filter((secret) => !needs(secret)),
      grantSocket: params.grantSocket ?? false,
      readOnly,
      failure: undefined,
      usedAt: 0,
      enrolledAt: now(),
      retiredAt: undefined,
    };
    vault.put(name, given.secret);
    const runner = this.#runner(record, supplier, noUsage);
    try {
      log.commit((tx) => {
        store.clones.insert(record);
        if (key !== undefined) store.idempotency.record(key, call, name);
        tx.append({ type: 'clone.enrolled', clone: name, value: runner.view() });
        tx.after(() => directory.add(runner));
      });
    } catch (error) {
      vault.forget(name);
      throw error;
    }
    // Its role's pool may have work that waits.
    runner.wake();
    return runner;
  }

  #nameOf(role: string, name: string | undefined): { name: string; number: number } {
    if (name === undefined) {
      const number = this.#parts.shared.store.clones.nextNumber(role);
      if (number > maxNumber) throw fail('limitReached', { what: `numbers of ${role}`, limit: maxNumber });
      return { name: `${role}.${number}`, number };
    }
    const dot = name.lastIndexOf('.');
    if (name.slice(0, dot) !== role) throw badParam('name', `is not a name of the role ${role}`);
    if (this.#parts.directory.get(name)) throw fail('cloneNameTaken', { name });
    return { name, number: Number(name.slice(dot + 1)) };
  }

  #runner(record: CloneRecord, supplier: BrainSupplier, usage: Usage): CloneRunner {
    return new CloneRunner(record, supplier, { ...this.#parts.shared, usage });
  }
}

/**
 * Whether a new clone is read-only: a role is, as a whole or not at all, from its first read-only clone on. One that is
 * retired counts, or whoever enrolls could do away with it.
 * @throws roleReadOnly, roleMayAct
 */
function isReadOnly(
  { role, readOnly }: Pick<Params<'clone/enroll'>, 'role' | 'readOnly'>,
  runners: readonly CloneRunner[],
): boolean {
  const ofRole = runners.filter(({ record }) => record.role === role);
  const first = ofRole.find(({ record }) => record.readOnly);
  if (first) {
    if (readOnly === false) throw fail('roleReadOnly', { role, clone: first.record.name });
    return true;
  }
  const acting = ofRole.find(({ state }) => state !== 'retired');
  if (readOnly && acting) throw fail('roleMayAct', { role, clone: acting.record.name });
  return readOnly ?? false;
}
