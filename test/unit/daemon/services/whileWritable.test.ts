import { beforeEach, describe, expect, it } from 'vitest';
import { Emitter } from '../../../../daemon/lifecycle.js';
import { whileWritable } from '../../../../daemon/services/whileWritable.js';
import type { StoreFault } from '../../../../daemon/store/store.js';

const full: StoreFault = { reason: 'the disk is full', since: '2026-11-21T09:00:00.000Z' };

let faulted: Emitter<StoreFault | undefined>;
let fault: StoreFault | undefined;
let end: (how: 'ended' | Error) => void;
let call: (name: 'task/cancel' | 'clone/act') => Promise<unknown>;
beforeEach(() => {
  faulted = new Emitter();
  fault = undefined;
  const waiting = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      end = (how) => (how === 'ended' ? resolve(how) : reject(how));
    });
  const handlers = whileWritable(
    { 'task/cancel': waiting, 'clone/act': waiting },
    { faulted, fault: () => fault },
  );
  call = (name) => handlers[name]();
});

const failed = { kind: 'storageFailed', details: { reason: 'the disk is full' } };

describe('a call that waits for an end', () => {
  it('is answered as ever where the disk works, well or not, and leaves no listener behind', async () => {
    const well = call('task/cancel');
    end('ended');
    expect(await well).toBe('ended');
    const badly = call('task/cancel');
    end(new Error('no'));
    await expect(badly).rejects.toThrow('no');
    expect(faulted.size).toBe(0);
  });

  it('is told where the disk begins to refuse meanwhile, and where it did before', async () => {
    const meanwhile = call('task/cancel');
    faulted.fire(undefined);
    faulted.fire(full);
    await expect(meanwhile).rejects.toMatchObject(failed);
    end('ended');
    fault = full;
    await expect(call('task/cancel')).rejects.toMatchObject(failed);
    end('ended');
    await Promise.resolve();
    expect(faulted.size).toBe(0);
  });

  it('is none of those that wait for nothing', async () => {
    fault = full;
    const receipt = call('clone/act');
    end('ended');
    expect(await receipt).toBe('ended');
  });
});
