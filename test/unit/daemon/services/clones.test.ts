import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Enrolment } from '../../../../daemon/clones/enrolment.js';
import type { CallContext } from '../../../../daemon/rpc/call.js';
import { cloneService } from '../../../../daemon/services/clones.js';
import type { Clone } from '../../../../protocol/shapes/clone.js';
import type { Params } from '../../../../protocol/table.js';
import { noSandbox } from '../../../../daemon/sandbox/sandbox.js';
import { ZoneSettings } from '../../../../daemon/zone/settings.js';
import { CloneStage } from '../../../support/cloneStage.js';

let stage: CloneStage;
let service: ReturnType<typeof cloneService>;
beforeEach(() => {
  stage = new CloneStage();
  const { state, directory, intake, vault } = stage;
  // Nothing here enrolls.
  service = cloneService({
    store: state.store,
    directory,
    intake,
    vault,
    enrolment: {} as Enrolment,
    resources: async () => new Map(),
    boundsOf: () => ({}),
    noticesOf: () => [],
    settings: new ZoneSettings(state.store),
    sandbox: noSandbox('a test'),
  });
});
afterEach(async () => {
  await stage.close();
  stage[Symbol.dispose]();
});
const from = (environment: Record<string, string> = {}): CallContext => ({ environment }) as CallContext;
const update = (params: Omit<Params<'clone/update'>, 'who'>): Promise<Clone> =>
  service['clone/update']({ who: 'mechanic.1', ...params }, from());
const brainEnv = async (): Promise<Readonly<Record<string, string>> | undefined> => {
  const count = stage.supplier.brains.length;
  await stage.end(stage.give('a'));
  return stage.supplier.brains[count]?.spec.env;
};

describe('clone/update', () => {
  it('sets and replaces variables, keeps the others, and writes no secret down', async () => {
    stage.vault.put('mechanic.1', { A_KEY: 'old' });
    stage.clone({ env: { LANG: 'C', EDITOR: 'vi' }, secrets: ['A_KEY'] });
    await update({ env: { EDITOR: 'ed', A_KEY: 'new', B_TOKEN: 'more' } });
    expect(await brainEnv()).toMatchObject({ LANG: 'C', EDITOR: 'ed', A_KEY: 'new', B_TOKEN: 'more' });
    expect(stage.state.store.clones.all()).toMatchObject([
      { env: { LANG: 'C', EDITOR: 'ed' }, secrets: ['A_KEY', 'B_TOKEN'] },
    ]);
  });

  it('lets a variable become a secret, and a secret become none', async () => {
    stage.clone({ env: { HTTPS_PROXY: 'http://proxy' } });
    await update({ env: { HTTPS_PROXY: 'http://me:pass@proxy' } });
    expect(stage.state.store.clones.all()).toMatchObject([{ env: {}, secrets: ['HTTPS_PROXY'] }]);
    expect(await brainEnv()).toMatchObject({ HTTPS_PROXY: 'http://me:pass@proxy' });
    await update({ env: { HTTPS_PROXY: 'http://other' } });
    expect(stage.state.store.clones.all()).toMatchObject([
      { env: { HTTPS_PROXY: 'http://other' }, secrets: [] },
    ]);
    expect(await brainEnv()).toMatchObject({ HTTPS_PROXY: 'http://other' });
  });

  it('replaces the limits that are given and all labels', async () => {
    stage.clone({ limits: { idleMs: 1, maxQueue: 2 }, labels: { a: 'b' } });
    expect(await update({ limits: { maxQueue: 3 }, labels: { c: 'd' } })).toMatchObject({
      limits: { idleMs: 1, maxQueue: 3 },
      labels: { c: 'd' },
    });
  });

  it("replaces a terminal's settings, where the brain is a program that is told by its screen", async () => {
    stage.clone({ command: ['bash'], terminal: { prompt: 'a$', cols: 80 } });
    expect(await update({ terminal: { quietMs: 50 } })).toMatchObject({
      command: ['bash'],
      terminal: { quietMs: 50 },
    });
    expect(stage.state.store.clones.all()).toMatchObject([{ terminal: { quietMs: 50 } }]);
    expect(stage.state.store.clones.all()[0]?.terminal).not.toHaveProperty('prompt');
    await expect(update({ terminal: { prompt: '(' } })).rejects.toThrow(
      expect.objectContaining({
        details: expect.objectContaining({ issues: [expect.objectContaining({ path: 'terminal.prompt' })] }),
      }) as Error,
    );
  });

  it('lets no client set what khlone sets', async () => {
    stage.clone();
    await expect(update({ env: { KHLONE_SOCKET: '/s' } })).rejects.toThrow(
      expect.objectContaining({ kind: 'invalidParams' }) as Error,
    );
    expect(stage.state.of('clone.updated')).toEqual([]);
  });
});

describe('a client that addresses a clone', () => {
  it('brings what it misses', async () => {
    stage.clone({ secrets: ['ANTHROPIC_API_KEY'] });
    const get = (environment?: Record<string, string>): Promise<Clone> =>
      service['clone/get']({ who: 'mechanic.1' }, from(environment));
    expect((await get()).missing).toEqual(['ANTHROPIC_API_KEY']);
    expect(await get({ ANTHROPIC_API_KEY: 'k' })).not.toHaveProperty('missing');
  });
});

describe('clone/list', () => {
  it('filters by role, labels and status, and leaves out who is retired unless asked', async () => {
    stage.clone({ name: 'mechanic.1', number: 1, labels: { team: 'core', shift: 'late' } });
    stage.clone({ name: 'mechanic.2', number: 2, retiredAt: '2026-01-01T00:00:00.000Z' });
    stage.clone({ name: 'painter.1', role: 'painter', labels: { team: 'core' } });
    const list = async (params: Params<'clone/list'>): Promise<string[]> =>
      (await service['clone/list'](params, from())).clones.map(({ name }) => name);
    expect(await list({})).toEqual(['mechanic.1', 'painter.1']);
    expect(await list({ role: 'painter' })).toEqual(['painter.1']);
    expect(await list({ labels: { team: 'core', shift: 'late' } })).toEqual(['mechanic.1']);
    expect(await list({ labels: { toString: 'x' } })).toEqual([]);
    expect(await list({ status: ['retired'] })).toEqual(['mechanic.2']);
    expect(await list({ status: ['off', 'retired'] })).toHaveLength(3);
  });
});
