import { describe, expect, it } from 'vitest';
import { CloneEnvironment } from '../../../../daemon/clones/environment.js';
import { Vault } from '../../../../daemon/environment/vault.js';
import { cloneRecord } from '../../../support/zoneState.js';

const clone = cloneRecord({ env: { LANG: 'de_DE', EDITOR: 'vi' }, secrets: ['API_KEY', 'TOKEN'] });
const make = (held: Record<string, string> = {}): CloneEnvironment => {
  const vault = new Vault();
  vault.put(clone.name, held);
  return new CloneEnvironment(vault, '/run/s');
};

describe('CloneEnvironment', () => {
  it('gives a brain what the clone has, its secrets and its name, and nothing else', () => {
    expect(make({ API_KEY: 'k', TOKEN: 't' }).of(clone)).toEqual({
      PATH: '/usr/local/bin:/usr/bin:/bin',
      LANG: 'de_DE',
      EDITOR: 'vi',
      API_KEY: 'k',
      TOKEN: 't',
      KHLONE_CLONE: 'mechanic.1',
    });
  });

  it('gives the socket only where it was granted', () => {
    expect(make().of({ ...clone, grantSocket: true })).toMatchObject({ KHLONE_SOCKET: '/run/s' });
    expect(make().of(clone)).not.toHaveProperty('KHLONE_SOCKET');
  });

  it('gives the value that is no secret any more', () => {
    const now = cloneRecord({ env: { PROXY: 'http://proxy' }, secrets: [] });
    expect(make({ PROXY: 'http://me:pw@proxy' }).of(now)).toMatchObject({ PROXY: 'http://proxy' });
  });

  it('says what is missing, and takes it from the next client that has it', () => {
    const environment = make({ TOKEN: 't' });
    expect(environment.missing(clone)).toEqual(['API_KEY']);
    // Not on the allow-list: only a client that names it may give it.
    expect(environment.supply(clone, { environment: { API_KEY: 'stray' } })).toBe(false);
    expect(environment.supply(clone, { environment: {}, env: { API_KEY: 'k', OTHER: 'o' } })).toBe(true);
    expect(environment.missing(clone)).toEqual([]);
    expect(environment.of(clone)).toMatchObject({ API_KEY: 'k', TOKEN: 't' });
    expect(environment.of(clone)).not.toHaveProperty('OTHER');
    expect(environment.supply(clone, { environment: {}, env: { API_KEY: 'another' } })).toBe(false);
  });

  it('takes a variable of the allow-list from any client', () => {
    const vendor = cloneRecord({ secrets: ['ANTHROPIC_API_KEY'] });
    const environment = make();
    expect(environment.supply(vendor, { environment: { ANTHROPIC_API_KEY: 'k' } })).toBe(true);
    expect(environment.missing(vendor)).toEqual([]);
  });

  it('works without what it only wishes for, takes it where a client has it, and nothing it never had', () => {
    const wishing = cloneRecord({ wishes: ['AWS_SESSION_TOKEN'] });
    const environment = make();
    expect(environment.missing(wishing)).toEqual([]);
    const offered = { AWS_SESSION_TOKEN: 't', ANTHROPIC_API_KEY: 'of somebody else' };
    expect(environment.supply(wishing, { environment: offered })).toBe(true);
    expect(environment.of(wishing)).toMatchObject({ AWS_SESSION_TOKEN: 't' });
    expect(environment.of(wishing)).not.toHaveProperty('ANTHROPIC_API_KEY');
  });
});
