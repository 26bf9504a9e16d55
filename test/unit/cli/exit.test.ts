import { describe, expect, it } from 'vitest';
import { endingOfError, endingOfTask, exitCodes } from '../../../cli/exit.js';
import { errorRegistry } from '../../../protocol/errors.js';
import { TaskStatus } from '../../../protocol/shapes/task.js';

describe('exit codes', () => {
  it('are distinct, and small enough for a shell', () => {
    const codes = Object.values(exitCodes).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.every((code) => code >= 0 && code < 64)).toBe(true);
  });

  it('never call an error of the registry a success', () => {
    for (const kind of Object.keys(errorRegistry)) expect(endingOfError(kind)).not.toBe('done');
    expect(endingOfError('somethingNew')).toBe('failed');
  });

  it('tell the kinds of failure apart', () => {
    const kinds = [
      'invalidParams',
      'cloneNotFound',
      'cloneRetired',
      'brainMissing',
      'approvalResolved',
    ] as const;
    expect(kinds.map(endingOfError)).toEqual(['usage', 'notFound', 'refused', 'brain', 'decided']);
    expect(endingOfError('daemonUnreachable')).toBe('unreachable');
    expect(endingOfError('storageFailed')).toBe('failed');
  });

  it('tell how a task ended', () => {
    expect(TaskStatus.options.map((status) => [status, endingOfTask({ status })])).toEqual([
      ['queued', 'leftRunning'],
      ['running', 'leftRunning'],
      ['waiting', 'leftRunning'],
      ['done', 'done'],
      ['failed', 'failed'],
      ['cancelled', 'cancelled'],
      ['interrupted', 'interrupted'],
      ['parked', 'interrupted'],
    ]);
  });

  it('tell a failure for want of a brain from any other', () => {
    const endings = ['brainMissing', 'brainLoggedOut', 'environmentMissing', 'brainError'].map((kind) =>
      endingOfTask({ status: 'failed', error: { kind } }),
    );
    expect(endings).toEqual(['brain', 'brain', 'brain', 'failed']);
    expect(endingOfTask({ status: 'interrupted', error: { kind: 'brainMissing' } })).toBe('interrupted');
  });
});
