import { describe, expect, it } from 'vitest';
import { part, Vault } from '../../../../daemon/environment/vault.js';

describe('part', () => {
  it('parts what may be written down from what may not', () => {
    expect(part({ PATH: '/bin', API_KEY: 'k', PROXY: 'http://a:b@c' })).toEqual({
      plain: { PATH: '/bin' },
      secret: { API_KEY: 'k', PROXY: 'http://a:b@c' },
    });
  });
});

describe('Vault', () => {
  it('holds the secrets of each clone apart', () => {
    const vault = new Vault();
    vault.put('a.1', { ONE: 'first', TWO: 'second' });
    vault.put('a.1', { TWO: 'changed' });
    vault.put('b.1', { ONE: 'other' });
    expect(vault.get('a.1')).toEqual({ ONE: 'first', TWO: 'changed' });
    expect(vault.missing('a.1', ['ONE', 'TWO', 'THREE'])).toEqual(['THREE']);
    expect(vault.missing('c.1', ['ONE'])).toEqual(['ONE']);
    vault.forget('a.1');
    expect([vault.get('a.1'), vault.get('b.1')]).toEqual([{}, { ONE: 'other' }]);
  });

  it('puts names in the place of secrets, every time they occur', () => {
    const vault = new Vault();
    vault.put('a.1', { API_KEY: 'abcdefgh', DOLLAR: '$&$1$$xxxx' });
    expect(vault.redact('a.1', 'abcdefgh, abcdefghabcdefgh and $&$1$$xxxx')).toBe(
      '[API_KEY], [API_KEY][API_KEY] and [DOLLAR]',
    );
    expect(vault.redact('b.1', 'abcdefgh')).toBe('abcdefgh');
  });

  it('leaves nothing of a secret that begins with another', () => {
    const vault = new Vault();
    vault.put('a.1', { SHORT: 'abcdefgh', LONG: 'abcdefgh-and-more' });
    expect(vault.redact('a.1', 'abcdefgh-and-more abcdefgh')).toBe('[LONG] [SHORT]');
  });

  it('does not look for what is too short to be meant', () => {
    const vault = new Vault();
    vault.put('a.1', { PIN: '1234567', EMPTY: '' });
    expect(vault.redact('a.1', 'at 1234567 ms')).toBe('at 1234567 ms');
  });

  it('reaches into values of any depth, names of members included, and changes nothing else', () => {
    const vault = new Vault();
    vault.put('a.1', { API_KEY: 'abcdefgh' });
    const value = {
      text: 'say abcdefgh',
      list: [1, null, true, ['abcdefgh']],
      deep: { 'key abcdefgh': { none: undefined, yes: 'no' } },
    };
    expect(vault.redactAll('a.1', value)).toEqual({
      text: 'say [API_KEY]',
      list: [1, null, true, ['[API_KEY]']],
      deep: { 'key [API_KEY]': { none: undefined, yes: 'no' } },
    });
    expect(value.text).toBe('say abcdefgh');
  });
});
