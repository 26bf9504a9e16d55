import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseWho, poolsOf } from '../../../../daemon/clones/who.js';
import { CloneStage } from '../../../support/cloneStage.js';
import { cloneRecord } from '../../../support/zoneState.js';

let stage: CloneStage;
beforeEach(() => {
  stage = new CloneStage();
  stage.clone({ name: 'mechanic.1', number: 1, labels: { team: 'core', 'a/b': 'x=y' } });
  stage.clone({ name: 'mechanic.2', number: 2, labels: { team: 'core' } });
  stage.clone({ name: 'painter.1', role: 'painter', labels: { team: 'art' } });
  stage.clone({ name: 'painter.2', role: 'painter', number: 2, retiredAt: '2026-01-01T00:00:00.000Z' });
});
afterEach(async () => {
  await stage.close();
  stage[Symbol.dispose]();
});
const names = (who: string): string[] => stage.directory.find(who).map(({ record }) => record.name);
const kind = (expected: string, details: object): Error =>
  expect.objectContaining({ kind: expected, details: expect.objectContaining(details) as object }) as Error;

describe('who', () => {
  it.each([
    ['mechanic.1', ['mechanic.1']],
    ['mechanic', ['mechanic.1', 'mechanic.2']],
    ['painter', ['painter.1']],
    ['painter.2', ['painter.2']],
    ['label:team=core', ['mechanic.1', 'mechanic.2']],
    ['label:a/b=x=y', ['mechanic.1']],
    ['label:team=', []],
    ['label:toString=x', []],
    ['nobody', []],
    ['mechanic.9', []],
  ])('%s stands for %j', (who, found) => expect(names(who)).toEqual(found));

  it('is a role or a label where it is no name', () => {
    const clone = cloneRecord({ labels: { key: 'a\nb' } });
    expect(parseWho('mechanic')(clone)).toBe(true);
    expect(parseWho('label:key=a\nb')(clone)).toBe(true);
    expect(poolsOf(clone)).toEqual(['mechanic', 'label:key=a\nb']);
  });
});

describe('CloneDirectory', () => {
  it('finds the one clone, or says why there is none', () => {
    const { directory } = stage;
    expect(directory.one('painter').record.name).toBe('painter.1');
    expect(directory.one('painter.2').record.name).toBe('painter.2');
    expect(() => directory.one('mechanic')).toThrow(
      kind('cloneAmbiguous', { who: 'mechanic', candidates: ['mechanic.1', 'mechanic.2'] }),
    );
    expect(() => directory.one('nobody')).toThrow(
      kind('cloneNotFound', { who: 'nobody', known: ['mechanic.1', 'mechanic.2', 'painter.1'] }),
    );
  });

  it('knows who is in service', () => {
    expect(() => stage.directory.inService('painter.2')).toThrow(
      kind('cloneRetired', { clone: 'painter.2' }),
    );
    expect(() => stage.directory.pool('painter.2')).toThrow(kind('cloneRetired', { clone: 'painter.2' }));
    expect(stage.directory.pool('mechanic')).toHaveLength(2);
    expect(() => stage.directory.pool('nobody')).toThrow(kind('cloneNotFound', { who: 'nobody' }));
  });

  it('turns a filter into names', () => {
    expect(stage.directory.names(undefined)).toBeUndefined();
    expect(stage.directory.names('label:team=core')).toEqual(['mechanic.1', 'mechanic.2']);
    expect(() => stage.directory.names('nobody')).toThrow(kind('cloneNotFound', { who: 'nobody' }));
  });
});
