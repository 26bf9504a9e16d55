import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HeldLanes, LaneRequest } from '../../../../daemon/holder/contract.js';
import { HolderLanes } from '../../../../daemon/holder/heldLanes.js';
import type { HolderProcess } from '../../../../daemon/holder/holderProcess.js';
import { FakeHeldTerminal } from '../../../support/heldTerminal.js';
import { FakeClient, HubStage, turns } from '../../../support/viewers.js';

/** Lanes of which a test sees what becomes of them. */
class FakeLanes implements HeldLanes {
  readonly granted: LaneRequest[] = [];
  readonly open = new Set<string>();
  /** What was done, in order. */
  readonly done: string[] = [];
  hurried = true;
  #settle: (() => void) | undefined;

  grant(request: LaneRequest): ReturnType<HeldLanes['grant']> {
    const token = `token ${this.granted.push(request)}`;
    this.open.add(token);
    this.done.push(`grant ${token}`);
    return {
      socket: '/run/l',
      token,
      dispose: () => {
        if (this.open.delete(token)) this.done.push(`revoke ${token}`);
      },
    };
  }

  async settled(): Promise<void> {
    this.done.push('settle');
    await this.#held;
  }

  hurry(hurried: boolean): void {
    this.hurried = hurried;
  }

  /** The holder does not answer until the function is called that this answers with. */
  hold(): () => void {
    this.#held = new Promise((settle) => (this.#settle = settle));
    return () => this.#settle?.();
  }

  #held: Promise<void> = Promise.resolve();
}

class LanedTerminal extends FakeHeldTerminal {
  readonly lanes = new FakeLanes();
}

let held: LanedTerminal;
let stage: HubStage;
let client: FakeClient;
beforeEach(() => {
  held = new LanedTerminal();
  stage = new HubStage(held);
  client = new FakeClient();
});
afterEach(() => stage.terminal.dispose());

const size = { cols: 80, rows: 24 };
const kind = (name: string): unknown => expect.objectContaining({ kind: name });

describe('a viewer that can take a lane', () => {
  it('is offered one with its rights, and sent nothing by the daemon', async () => {
    const viewer = await stage.attach(client, { mode: 'talk', lane: true, lossless: true });
    expect(viewer.lane).toEqual({ socket: '/run/l', token: 'token 1' });
    expect(held.lanes.granted).toMatchObject([{ write: true, lossless: true }]);
    held.put('by the lane');
    stage.terminal.resize({ cols: 90, rows: 30 });
    await turns();
    expect(client.told).toEqual([]);
  });

  it('is offered none by a holder that knows none, and goes on as ever', async () => {
    const plain = new HubStage();
    const viewer = await plain.attach(client, { lane: true });
    expect(viewer.lane).toBeUndefined();
    plain.held.put('by the daemon');
    expect(client.text).toBe('by the daemon');
    plain.terminal.dispose();
  });

  it('goes on from where its lane ended, with the size it does not know', async () => {
    const viewer = await stage.attach(client, { lane: true });
    held.put('0123456789');
    stage.terminal.resize({ cols: 90, rows: 30 });
    await viewer.rejoin({ offset: 4, ...size });
    await viewer.rejoin({ offset: 2, ...size });
    held.put('!');
    expect(client.told).toEqual([
      { type: 'data', offset: 4, end: 10, data: '456789' },
      { type: 'resized', offset: 10, size: { cols: 90, rows: 30 } },
      { type: 'data', offset: 10, end: 11, data: '!' },
    ]);
    expect(held.lanes.open.size).toBe(0);
    expect(viewer.lane).toBeUndefined();
  });

  it('hears of a size that its lane did not tell of any more', async () => {
    const viewer = await stage.attach(client, { lane: true });
    stage.terminal.resize({ cols: 90, rows: 30 });
    held.put('0123');
    await viewer.rejoin({ offset: 2, ...size });
    expect(client.told[0]).toEqual({ type: 'resized', offset: 2, size: { cols: 90, rows: 30 } });
  });

  it('cannot have come further than the terminal, nor back to before it came', async () => {
    held.put('before');
    const viewer = await stage.attach(client, { lane: true });
    held.put('after');
    await expect(viewer.rejoin({ offset: 12, ...size })).rejects.toEqual(kind('ackInvalid'));
    await expect(viewer.rejoin({ offset: 5, ...size })).rejects.toEqual(kind('ackInvalid'));
    await viewer.rejoin({ offset: 6, ...size });
    expect(client.text).toBe('after');
  });

  it('waits for what its lane may have shown, before it is told that it has come too far', async () => {
    const viewer = await stage.attach(client, { lane: true });
    const answer = held.lanes.hold();
    const rejoined = viewer.rejoin({ offset: 5, ...size });
    held.put('later');
    answer();
    await rejoined;
    held.put('!');
    expect(client.text).toBe('!');
  });

  it('gets the screen and a new lane when it comes back far behind, but every byte if it wants that', async () => {
    const viewer = await stage.attach(client, { lane: true });
    const exact = new FakeClient();
    const lossless = await stage.attach(exact, { lane: true, lossless: true });
    held.put('x'.repeat(2_000_000));
    await viewer.rejoin({ offset: 100, ...size });
    await turns();
    expect(client.of('resynced')).toMatchObject([{ reason: 'slow', snapshot: { offset: 2_000_000 } }]);
    expect(viewer.lane).toEqual({ socket: '/run/l', token: 'token 3' });
    held.put('more');
    expect(client.of('data')).toEqual([]);
    await lossless.rejoin({ offset: 100, ...size });
    await turns(50);
    expect(exact.of('resynced')).toEqual([]);
    expect(exact.of('data')[0]).toMatchObject({ offset: 100 });
  });

  it('gets the screen it asked for once it has left its lane', async () => {
    const viewer = await stage.attach(client, { lane: true });
    viewer.resync();
    await turns();
    expect(client.told).toEqual([]);
    await viewer.rejoin({ offset: 0, ...size });
    await turns();
    expect(client.of('resynced')).toMatchObject([{ reason: 'asked' }]);
    expect(viewer.lane).toBeDefined();
  });

  it('loses its lane before another that takes its place has an answer', async () => {
    await stage.attach(client, { mode: 'talk', lane: true });
    const answer = held.lanes.hold();
    let answered = false;
    const second = stage.attach(new FakeClient(), { mode: 'talk', takeover: true }).then((viewer) => {
      answered = true;
      return viewer;
    });
    await turns();
    expect(held.lanes.done).toEqual(['grant token 1', 'settle', 'revoke token 1', 'settle']);
    expect(answered).toBe(false);
    answer();
    (await second).write('mine');
    expect(held.typing).toBe('mine');
  });

  it.each(['dispose', 'terminal'] as const)('loses it when it is over, by %s', async (how) => {
    const viewer = await stage.attach(client, { lane: true });
    if (how === 'dispose') viewer.dispose();
    else stage.terminal.dispose();
    expect(held.lanes.open.size).toBe(0);
  });

  it('is let go when it reads nothing from its lane', async () => {
    const viewer = await stage.attach(client, { mode: 'talk', lane: true });
    held.lanes.granted[0]?.stalled();
    expect(client.end).toBe('stalled');
    await expect(viewer.rejoin({ offset: 0, ...size })).rejects.toEqual(kind('streamEnded'));
    await stage.attach(new FakeClient(), { mode: 'talk' });
  });

  it('is told the end of the program once it has come back for the rest', async () => {
    const viewer = await stage.attach(client, { lane: true });
    held.put('to the end');
    held.exit({ code: 3, signal: null });
    await turns();
    expect(client.told).toEqual([]);
    await viewer.rejoin({ offset: 7, ...size });
    expect(client.text).toBe('end');
    expect(client.end).toBe('exited');
  });

  it('makes output less urgent here, as long as nobody has it from here', async () => {
    const laned = await stage.attach(client, { lane: true });
    held.put('x');
    expect(held.lanes.hurried).toBe(false);
    const other = await stage.attach(new FakeClient());
    held.put('x');
    expect(held.lanes.hurried).toBe(true);
    other.dispose();
    expect(held.lanes.hurried).toBe(false);
    laned.dispose();
    expect(held.lanes.hurried).toBe(true);
  });
});

describe('the lanes of a holder', () => {
  const lanesOf = (folder: string, hasLanes: boolean, isOpen = true): HolderLanes =>
    new HolderLanes({ folder, link: { hasLanes, isOpen } } as HolderProcess);

  it('are there where it lives and knows them, and a socket’s path is not too long', () => {
    expect(lanesOf('/run/0123', true).there).toBe(true);
    expect(lanesOf('/run/0123', false).there).toBe(false);
    expect(lanesOf('/run/0123', true, false).there).toBe(false);
    expect(lanesOf(`/run/${'x'.repeat(100)}`, true).there).toBe(false);
  });
});
