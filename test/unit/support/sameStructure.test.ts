import { describe, expect, it } from 'vitest';
import { differences } from '../../support/sameStructure.js';

describe('differences', () => {
  const example = { id: 'a', status: 'off', limits: {}, list: [{ name: 'demo', ask: true }] };

  it('finds none where only volatile values and further named elements differ', () => {
    const actual = { ...example, id: 'b', list: [{ name: 'claude' }, { name: 'demo', ask: true }] };
    expect(differences(actual, example)).toEqual([]);
  });

  it('finds other values, missing and surplus members, and other types', () => {
    expect(differences({ ...example, status: 'idle' }, example)).toEqual(['status is "idle", not "off"']);
    expect(differences({ ...example, limits: { a: 1 } }, example)).toEqual(['limits.a is surplus']);
    expect(differences({ ...example, id: 1 }, example)).toEqual(['id is number, not string']);
    expect(differences({ ...example, list: [] }, example)).toEqual(['list.0 is undefined, not object']);
    const { status: _, ...without } = example;
    expect(differences(without, example)).toEqual(['status is missing']);
  });

  it('lets a racing member come or not', () => {
    expect(differences({ startedAt: 'now' }, {}, { racing: ['startedAt'] })).toEqual([]);
    expect(differences({ startedAt: 'now' }, {})).toEqual(['startedAt is surplus']);
  });

  it('counts elements without a name', () => {
    expect(differences({ a: [1, 2] }, { a: [1] })).toEqual(['a has 2 elements, not 1']);
  });
});
