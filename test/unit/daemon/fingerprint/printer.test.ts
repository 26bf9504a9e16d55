import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { serialize } from 'node:v8';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sweepPrints } from '../../../../daemon/fingerprint/kept.js';
import { ThreadPrinter } from '../../../../daemon/fingerprint/printer.js';
import { setUnexpectedErrorHandler } from '../../../../daemon/lifecycle.js';
import { TreeFolder } from '../../../support/tree.js';

const program = pathToFileURL(join(import.meta.dirname, '../../../../dist/daemon/fingerprint/worker.js'));

let zone: TreeFolder;
let unexpected: unknown[];
const printers: ThreadPrinter[] = [];
beforeEach(() => {
  zone = new TreeFolder();
  zone.write({ 'a.txt': 'one\n' });
  unexpected = [];
  setUnexpectedErrorHandler((error) => unexpected.push(error));
});
afterEach(() => {
  for (const printer of printers.splice(0)) printer.dispose();
  zone[Symbol.dispose]();
});

function printing({
  kept,
  ...options
}: { program?: URL; waitMs?: number; kept?: string } = {}): ThreadPrinter {
  const printer = new ThreadPrinter(
    { root: zone.path, except: [], ...(kept !== undefined && { kept }) },
    { program, ...options },
  );
  printers.push(printer);
  return printer;
}

/** A program for the thread. */
function programOf(text: string): URL {
  zone.write({ 'program.mjs': text });
  return pathToFileURL(zone.at('program.mjs'));
}

it('takes prints in its thread, several at a time', async () => {
  const printer = printing();
  const first = await printer.take();
  zone.write({ new: 'x' });
  const second = await printer.take();
  zone.write({ 'a.txt': 'other\n' });
  expect((await second.compare()).changes).toEqual([{ path: 'a.txt', kind: 'changed' }]);
  expect((await first.compare()).changes.map(({ path }) => path)).toEqual(['a.txt', 'new']);
  expect((await first.diff(['new'])).text).toContain('+x\n');
  first.dispose();
  second.dispose();
});

it('reads contents beside, so that one that was put back is known as such', async () => {
  const printer = printing();
  await expect
    .poll(async () => {
      const print = await printer.take();
      zone.write({ 'a.txt': 'one\n' });
      const { changes } = await print.compare();
      print.dispose();
      return changes;
    })
    .toEqual([{ path: 'a.txt', kind: 'touched' }]);
});

describe('a print that is kept', () => {
  const state = new TreeFolder();
  afterAll(() => state[Symbol.dispose]());
  const kept = state.at('prints');
  afterEach(() => rmSync(kept, { recursive: true, force: true }));
  /** Resolves once a print is in its file. */
  const filed = async (name: string): Promise<void> => {
    await expect.poll(() => existsSync(join(kept, name))).toBe(true);
  };

  it('is compared with by another printer, with the number that was noted', async () => {
    const first = printing({ kept });
    await first.take({ key: 't_1', since: 7 });
    await filed('t_1.7');
    first.dispose();
    zone.write({ 'a.txt': 'another\n', new: 'x' });
    const second = printing({ kept });
    const print = await second.resume('t_1');
    expect(print.since).toBe(7);
    expect((await print.compare()).changes).toEqual([
      { path: 'a.txt', kind: 'changed' },
      { path: 'new', kind: 'added' },
    ]);
    // Prints of its own have numbers of their own.
    const own = await second.take();
    expect(await own.compare()).toMatchObject({ total: 0 });
    expect(await print.compare()).toMatchObject({ total: 2 });
    print.dispose();
    await expect.poll(() => existsSync(join(kept, 't_1.7'))).toBe(false);
    await expect(second.resume('t_1')).rejects.toThrow('how the zone was before was not kept');
  });

  it('that cannot be written holds up nothing, and that is told', async () => {
    state.write({ prints: 'in the way' });
    const printer = printing({ kept });
    const print = await printer.take({ key: 't_1', since: 1 });
    expect(await print.compare()).toMatchObject({ total: 0 });
    expect(unexpected).toMatchObject([
      { message: expect.stringContaining('a print could not be kept') as string },
    ]);
  });

  it('is forgotten where its ask ended with its daemon', async () => {
    const printer = printing({ kept });
    for (const key of ['t_1', 't_2']) await printer.take({ key, since: 1 });
    await filed('t_2.1');
    sweepPrints(kept, new Set(['t_2']));
    expect(readdirSync(kept)).toEqual(['t_2.1']);
  });

  it.each([
    ['is no print', 'x', /./],
    ['is of another release', serialize({ format: 0 }), 'by another release'],
  ])('is not taken for one where its file %s', async (_, content, reason) => {
    state.write({ 'prints/t_1.1': content });
    await expect(printing({ kept }).resume('t_1')).rejects.toThrow(reason);
  });
});

it('rejects where the thread ends, and begins another for the next print', async () => {
  const printer = printing({
    program: programOf(`
      import { existsSync, writeFileSync } from 'node:fs';
      const mark = ${JSON.stringify(zone.at('died'))};
      if (existsSync(mark)) await import(${JSON.stringify(program.href)});
      else { writeFileSync(mark, ''); throw new Error('out of luck'); }`),
  });
  await expect(printer.take()).rejects.toThrow('out of luck');
  expect(unexpected).toHaveLength(1);
  const print = await printer.take();
  expect(await print.compare()).toMatchObject({ total: 0 });
  print.dispose();
});

it('waits for no disk that hangs, and says of a print from before that it is lost', async () => {
  const gate = JSON.stringify(zone.at('hang'));
  const printer = printing({
    waitMs: 2_000,
    program: programOf(`
      import { existsSync } from 'node:fs';
      import { parentPort } from 'node:worker_threads';
      parentPort.on('message', ({ id }) => {
        if (!existsSync(${gate})) parentPort.postMessage({ id, answer: { mark: 1 } });
      });`),
  });
  const print = await printer.take();
  zone.write({ hang: '' });
  await expect(print.compare()).rejects.toThrow('the zone could not be looked at within 2000 ms');
  await expect(print.compare()).rejects.toThrow('the print before it was lost');
  print.dispose();
});

it('rejects what waits once it is disposed, and takes no more', async () => {
  const printer = printing();
  const taking = printer.take();
  printer.dispose();
  await expect(taking).rejects.toThrow('the daemon is stopping');
  await expect(printer.take()).rejects.toThrow('the daemon is stopping');
  expect(unexpected).toEqual([]);
});
