import { describe, expect, it } from 'vitest';
import { createSuppliers } from '../../../../daemon/brains/suppliers.js';
import type { Holder } from '../../../../daemon/holder/contract.js';
import { createScreens } from '../../../../daemon/streams/screen/screens.js';
import { createTerminals } from '../../../../daemon/streams/terminals.js';

const nothing = (): Promise<never> => Promise.reject(new Error('nothing is started here'));
const holder: Holder = { spawn: nothing, spawnTerminal: nothing };
const terminals = createTerminals({ holder, screens: createScreens() });
const suppliers = createSuppliers({ holder, terminals });
const runsOn = (brain: string, secret: string, env: Record<string, string> = {}): boolean | undefined =>
  suppliers.get(brain)?.runsOn(secret, env);

describe('the secrets a brain runs on', () => {
  it('are the credentials that Claude Code would use', () => {
    expect(runsOn('claude', 'ANTHROPIC_API_KEY')).toBe(true);
    expect(runsOn('claude', 'CLAUDE_CODE_OAUTH_TOKEN')).toBe(true);
    expect(runsOn('claude', 'AWS_SESSION_TOKEN')).toBe(false);
    expect(runsOn('claude', 'AWS_SESSION_TOKEN', { CLAUDE_CODE_USE_BEDROCK: '1' })).toBe(true);
    expect(runsOn('claude', 'GOOGLE_APPLICATION_CREDENTIALS')).toBe(false);
    expect(runsOn('claude', 'GOOGLE_APPLICATION_CREDENTIALS', { CLAUDE_CODE_USE_VERTEX: '1' })).toBe(true);
    expect(runsOn('claude', 'OPENAI_API_KEY')).toBe(false);
  });

  it('are none for the demo', () => {
    expect(runsOn('demo', 'ANTHROPIC_API_KEY')).toBe(false);
  });
});
