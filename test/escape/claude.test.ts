import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readOnlyTools } from '../../daemon/brains/streamJson/readOnly.js';
import { ThreadPrinter } from '../../daemon/fingerprint/printer.js';
import { probeSandbox } from '../../daemon/sandbox/probe.js';
import { ClaudeRun, type RunLayers, type Tried, type TryResult } from './claudeRun.js';
import { hookRivals, hookSwitches, injections, marks, occasions, occasionTexts } from './injections.js';
import { harmlessTools, toolAttempts } from './tools.js';
import { users } from './users.js';

const { state } = await probeSandbox({ platform: process.platform, path: process.env['PATH'] ?? '' });

/** No layer but this one, or none at all. */
const only = (layer?: 'flags' | 'hook' | 'sandbox'): RunLayers => ({
  flags: layer === 'flags',
  hook: layer === 'hook',
  sandbox: layer === 'sandbox',
});

/** The look at the zone, as the daemon has it. */
const look = (root: string): ThreadPrinter =>
  new ThreadPrinter(
    { root, except: [] },
    { program: new URL('../../dist/daemon/fingerprint/worker.js', import.meta.url) },
  );

const harmless = [...harmlessTools].map(([tool, input]) => ({ name: tool, calls: [{ tool, input }] }));
const known: readonly string[] = [
  ...readOnlyTools,
  ...[...harmless, ...toolAttempts].flatMap(({ calls }) => calls.map(({ tool }) => tool)),
];

describe.each(users)('real Claude Code as %s', (who, user) => {
  const attempts = toolAttempts.filter(({ rootOnly }) => who === 'root' || rootOnly !== true);
  let run: ClaudeRun;
  beforeAll(async () => void (run = await ClaudeRun.as(user)));
  afterAll(() => run[Symbol.asyncDispose]());

  const changed = ({ tried }: TryResult): Tried[] => tried.filter(({ changes }) => changes.length > 0);
  const names = (tried: readonly Tried[]): string[] => tried.flatMap((one) => one.names);

  it('with no layer changes something by every attempt, and the look at the zone sees what is in it', async () => {
    const printer = look(run.place.zone);
    const seen: string[] = [];
    const watch = async () => {
      const print = await printer.take();
      return async (came: Tried): Promise<void> => {
        if ((await print.compare()).total > 0) seen.push(...came.names);
        print.dispose();
      };
    };
    const { tried } = await run.try({ attempts, layers: only(), watch });
    printer.dispose();
    expect(tried.filter(({ changes }) => changes.length === 0)).toEqual([
      { names: ['the end'], changes: [], inZone: false },
    ]);
    expect(seen).toEqual(names(tried.filter((one) => one.inZone)));
    expect(seen.length).toBeGreaterThan(80);
    // A tool that a later release adds is looked at before it is forgotten.
    expect([...run.offered].filter((tool) => !known.includes(tool))).toEqual([]);
  }, 300_000);

  it.each([
    ['its flags', only('flags'), {}],
    ['the hook', only('hook'), hookSwitches],
    ['the hook and rivals of it', only('hook'), hookRivals],
  ])('with %s alone is refused every tool that does not read', async (_, layers, files) => {
    const all = [...harmless, ...attempts];
    const came = await run.try({ attempts: all, layers, files });
    expect(changed(came)).toEqual([]);
    expect(came.answers.filter(({ tool, failed }) => !failed && tool !== 'Read')).toEqual([]);
    expect(came.answers).toHaveLength(all.flatMap(({ calls }) => calls).length);
  });

  it.skipIf(state.kind !== 'bubblewrap')(
    'with the sandbox alone changes nothing, with all tools and every permission',
    async () => {
      expect(changed(await run.try({ attempts, layers: only('sandbox') }))).toEqual([]);
    },
  );

  describe('in a repository that would have things done, with a user who adds tools and hooks', () => {
    const left = async (layers: RunLayers): Promise<string[]> => {
      const { place } = run;
      place.forget();
      await place.prepare(injections(place.root));
      await run.ask(layers, occasions, occasionTexts);
      return readdirSync(join(place.zone, 'marks'))
        .filter((name) => name !== '.keep')
        .sort();
    };

    it('does all of it with no layer, and the look at the zone sees it', async () => {
      expect(await left(only())).toEqual([...marks].sort());
    });

    it('does nothing of it by its flags alone', async () => {
      expect(await left(only('flags'))).toEqual([]);
    });

    it.skipIf(state.kind !== 'bubblewrap')('does nothing of it in the sandbox alone', async () => {
      expect(await left(only('sandbox'))).toEqual([]);
    });
  });
});
