import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { transcriptOf } from '../../../../daemon/brains/claude/transcript.js';
import type { BrainSupplier } from '../../../../daemon/brains/contract.js';
import { longBytes, LongConversations } from '../../../../daemon/clones/longConversations.js';
import { cloneRecord } from '../../../support/zoneState.js';

let config: string;
beforeEach(() => {
  config = mkdtempSync(join(tmpdir(), 'khlone-'));
});
afterEach(() => rmSync(config, { recursive: true }));

/** A conversation's transcript of a length, which takes no room. */
function transcript(conversation: string, bytes: number): void {
  const folder = join(config, 'projects/-zone');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${conversation}.jsonl`);
  writeFileSync(file, '');
  truncateSync(file, bytes);
}

const conversations = (): LongConversations =>
  new LongConversations({
    suppliers: new Map([['claude', { transcript: transcriptOf } as Partial<BrainSupplier> as BrainSupplier]]),
    environmentOf: () => ({ CLAUDE_CONFIG_DIR: config }),
  });

it('a conversation is told of from its length on, with what to do', () => {
  const clone = cloneRecord({ brain: 'claude', begun: true });
  transcript(clone.conversation, longBytes - 1);
  expect(conversations().noticesOf(clone)).toEqual([]);
  transcript(clone.conversation, longBytes + 13 * 2 ** 20);
  expect(conversations().noticesOf(clone)).toEqual([
    {
      kind: 'longConversation',
      message: expect.stringContaining('63 MiB') as unknown,
      hint: expect.stringContaining('khlone talk mechanic.1') as unknown,
    },
  ]);
});

it('one that is not there, has not begun, is of a retired clone or of another brain is not', () => {
  const clone = cloneRecord({ brain: 'claude', begun: true });
  expect(conversations().noticesOf(clone)).toEqual([]);
  transcript(clone.conversation, longBytes);
  for (const change of [{ begun: false }, { retiredAt: '2026-11-21T09:00:00.000Z' }, { brain: 'command' }]) {
    expect(conversations().noticesOf({ ...clone, ...change })).toEqual([]);
  }
});

it('a clone that went on to another conversation is free of it at once', () => {
  const known = conversations();
  const clone = cloneRecord({ brain: 'claude', begun: true });
  transcript(clone.conversation, longBytes);
  expect(known.noticesOf(clone)).toHaveLength(1);
  expect(known.noticesOf({ ...clone, conversation: 'another' })).toEqual([]);
});
