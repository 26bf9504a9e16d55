import { describe, expect, it } from 'vitest';
import { isKhloneError } from '../../../../protocol/fail.js';
import { resetTime } from '../../../../daemon/usage/resetTime.js';
import { usageLimit } from '../../../../daemon/usage/usageLimit.js';

const at = (text: string, now: string): string | undefined => resetTime(text, new Date(now))?.toISOString();

describe('the end of a usage limit', () => {
  it.each([
    ['Claude AI usage limit reached|1762952400', '2025-11-11T16:40:00Z', '2025-11-12T13:00:00.000Z'],
    [
      "You've hit your session limit · resets 10:53pm (UTC)",
      '2026-11-27T21:53:00Z',
      '2026-11-27T22:53:00.000Z',
    ],
    [
      "You've hit your limit · resets 8:30pm (Asia/Tokyo)",
      '2026-07-13T10:00:00Z',
      '2026-07-13T11:30:00.000Z',
    ],
    [
      "You've hit your limit · resets 2am (Europe/Berlin)",
      '2026-01-26T23:00:00Z',
      '2026-01-27T01:00:00.000Z',
    ],
    // The night after it the clocks go forward.
    ['5-hour limit reached ∙ resets 4am (Europe/Berlin)', '2026-03-28T23:30:00Z', '2026-03-29T02:00:00.000Z'],
    [
      "You've hit your weekly limit · resets Jul 31, 2am (UTC)",
      '2026-07-27T09:00:00Z',
      '2026-07-31T02:00:00.000Z',
    ],
    [
      "You've hit your weekly limit · resets Jul 25, 9pm (America/New_York)",
      '2026-07-19T01:00:00Z',
      '2026-07-26T01:00:00.000Z',
    ],
    [
      "You've hit your weekly limit · resets Jan 2 at 7pm (UTC)",
      '2026-12-30T09:00:00Z',
      '2027-01-02T19:00:00.000Z',
    ],
    [
      'Claude usage limit reached. Your limit will reset at 3pm (America/Bogota).',
      '2026-06-23T16:00:00Z',
      '2026-06-23T20:00:00.000Z',
    ],
    // Said a moment too late it is not meant for tomorrow.
    ['limit reached ∙ resets 12am (UTC)', '2026-06-23T00:05:00Z', '2026-06-23T00:00:00.000Z'],
    ['limit reached ∙ resets 12pm (UTC)', '2026-06-23T13:00:00Z', '2026-06-24T12:00:00.000Z'],
  ])('is read from: %s', (text, now, expected) => {
    expect(at(text, now)).toBe(expected);
  });

  it.each([
    'API Error: Request rejected (429) · Please try again later.',
    'resets 3pm (Nowhere/Atall)',
    'resets 25:00',
    'resets 13pm (UTC)',
    'resets Foo 3 at 7pm',
    '',
  ])('is not guessed from: %s', (text) => {
    expect(at(text, '2026-06-23T13:00:00Z')).toBeUndefined();
  });
});

describe('a usage limit', () => {
  const now = new Date('2026-06-23T13:00:00Z');
  const until = (reached: Parameters<typeof usageLimit>[0]): unknown => {
    const error = usageLimit(reached, now);
    return isKhloneError(error, 'usageLimit') && error.details.until;
  };

  it('is waited for some seconds longer than it lasts', () => {
    expect(until({ reason: 'x', resetsAt: Date.parse('2026-06-23T15:00:00Z') })).toBe(
      '2026-06-23T15:00:05.000Z',
    );
    expect(until({ reason: 'resets 3pm (UTC)', resetsAt: undefined })).toBe('2026-06-23T15:00:05.000Z');
  });

  it('is over soon where it should be by its own words, and tried after five minutes where it has none', () => {
    expect(until({ reason: 'x', resetsAt: Date.parse('2020-01-01T00:00:00Z') })).toBe(
      '2026-06-23T13:00:05.000Z',
    );
    expect(until({ reason: 'x', resetsAt: undefined })).toBe('2026-06-23T13:05:00.000Z');
  });

  it('is not believed to last for more than eight days', () => {
    expect(until({ reason: 'x', resetsAt: 9e15 })).toBe('2026-07-01T13:00:00.000Z');
  });
});
