import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BrainSpec } from '../../../../../daemon/brains/contract.js';
import { dropHusk, hasBegun, transcriptOf } from '../../../../../daemon/brains/claude/transcript.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'khlone-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const spec = (env: Record<string, string>, cwd = '/zone/é b_c.d'): BrainSpec => ({
  clone: 'mechanic.1',
  posture: 'talk',
  cwd,
  env,
  conversation: 'c0',
  begun: false,
  edits: 'ask',
  grants: [],
});

/** Writes a transcript into a folder of the projects; its path. */
function transcript(folder: string, text: string, config = join(root, '.claude')): string {
  mkdirSync(join(config, 'projects', folder), { recursive: true });
  const file = join(config, 'projects', folder, 'c0.jsonl');
  writeFileSync(file, text);
  return file;
}

const message = '{"parentUuid":null,"type":"user","message":{"role":"user","content":"x"}}\n';
const husk = '{"type":"mode","mode":"normal","sessionId":"c0"}\n{"type":"permission-mode"}\n';

describe('the transcript of Claude Code', () => {
  it('is in a folder named after the working directory, below the home', () => {
    const file = transcript('-zone---b-c-d', message);
    expect(transcriptOf(spec({ HOME: root }))).toBe(file);
  });

  it('is where CLAUDE_CONFIG_DIR says', () => {
    const file = transcript('-zone---b-c-d', message, join(root, 'own'));
    expect(transcriptOf(spec({ HOME: root, CLAUDE_CONFIG_DIR: join(root, 'own') }))).toBe(file);
    expect(transcriptOf(spec({ HOME: root }))).toBeUndefined();
  });

  it('is found under another name too', () => {
    const file = transcript('-zone-shortened-1a2b3c', message);
    expect(transcriptOf(spec({ HOME: root }))).toBe(file);
  });

  it('is none where there is none', () => {
    expect(transcriptOf(spec({ HOME: root }))).toBeUndefined();
    expect(transcriptOf(spec({}))).toBeUndefined();
    mkdirSync(join(root, '.claude', 'projects', '-zone---b-c-d'), { recursive: true });
    expect(transcriptOf(spec({ HOME: root }))).toBeUndefined();
    expect(hasBegun(spec({ HOME: root }))).toBe(false);
    expect(() => dropHusk(spec({ HOME: root }))).not.toThrow();
  });

  it('shows a conversation that has begun, and is kept', () => {
    const file = transcript('-zone---b-c-d', husk + message);
    expect(hasBegun(spec({ HOME: root }))).toBe(true);
    dropHusk(spec({ HOME: root }));
    expect(existsSync(file)).toBe(true);
  });

  it('shows none where nothing was said, and is taken away: it could neither be begun nor gone on with', () => {
    const file = transcript('-zone---b-c-d', husk);
    expect(hasBegun(spec({ HOME: root }))).toBe(false);
    dropHusk(spec({ HOME: root }));
    expect(existsSync(file)).toBe(false);
  });

  it('is kept where it is not certain that nothing was said', () => {
    const file = transcript('-zone---b-c-d', husk + 'x'.repeat(300_000));
    dropHusk(spec({ HOME: root }));
    expect(existsSync(file)).toBe(true);
  });
});
