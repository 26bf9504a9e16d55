import { describe, expect, it } from 'vitest';
import { EndSignals } from '../../../../cli/terminal/signals.js';

const asked = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

describe('EndSignals', () => {
  it.each(asked)('hears %s instead of dying of it, until it is disposed', (signal) => {
    const before = process.listenerCount(signal);
    const signals = new EndSignals();
    expect(process.listenerCount(signal)).toBe(before + 1);
    (process.listeners(signal).at(-1) as (signal: NodeJS.Signals) => void)(signal);
    expect(signals.signal.aborted).toBe(true);
    expect(signals.received).toBe(signal);
    signals[Symbol.dispose]();
    expect(process.listenerCount(signal)).toBe(before);
  });
});
