import type { BrainSupplier } from '../contract.js';
import { type StreamJsonHost, streamJsonSupplier } from '../streamJson/supplier.js';
import { claudeInstall, probeClaude } from './probe.js';
import { sessionOf } from './session.js';
import { dropHusk, hasBegun, transcriptOf } from './transcript.js';

/** Claude Code: headless, in a process that stays warm between tasks, or in its own terminal. */
export function claudeSupplier(host: StreamJsonHost): BrainSupplier {
  return streamJsonSupplier(
    {
      name: 'claude',
      summary: 'Claude Code, driven through stream-json, or talked to in its own terminal',
      login:
        'Run `claude` once and log in with /login; or set ANTHROPIC_API_KEY and run `khlone update {clone} --env ANTHROPIC_API_KEY`. Then `khlone retry <task>`.',
      install: claudeInstall,
      probe: probeClaude,
      command: ({ program }) => ({ program, args: [] }),
      // Without it the transcript follows some 50 ms after the events, and a kill in between loses a turn
      // that was told as done. With it, a turn is on disk before it is taken up and before it is finished.
      env: { CLAUDE_CODE_EAGER_FLUSH: '1' },
      runsOn: (secret, env) =>
        /^(ANTHROPIC_|CLAUDE_)/.test(secret) ||
        (env['CLAUDE_CODE_USE_BEDROCK'] !== undefined && secret.startsWith('AWS_')) ||
        (env['CLAUDE_CODE_USE_VERTEX'] !== undefined && /^(GOOGLE_|CLOUD_ML_|VERTEX)/.test(secret)),
      prepare: dropHusk,
      talk: {
        args: [],
        env: {},
        interrupt: '\u001b',
        exists: hasBegun,
        transcript: transcriptOf,
        current: sessionOf,
      },
    },
    host,
  );
}
