import { existsSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { BrainSupplier } from '../contract.js';
import { type StreamJsonHost, streamJsonSupplier } from '../streamJson/supplier.js';
import { asideNeeds, settleAsk, shareAsk, stageAsk } from './askStage.js';
import { askStart } from './askStart.js';
import { claudeInstall, probeClaude } from './probe.js';
import { sessionOf } from './session.js';
import { dropHusk, hasBegun, transcriptOf } from './transcript.js';

/** Where Claude Code is given places of its own. */
export interface ClaudeOptions {
  /** Folder for the conversations of asks while they run. */
  readonly asks: string;
}

/** Claude Code: headless, in a process that stays warm between tasks, or in its own terminal. */
export function claudeSupplier(host: StreamJsonHost, { asks }: ClaudeOptions): BrainSupplier {
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
      prepare: (spec) => {
        if (spec.aside) return shareAsk(spec, asks);
        settleAsk(spec, asks);
        dropHusk(spec);
      },
      askStart,
      ask: (spec, { program }) => {
        const { readable, writable } = spec.aside ? asideNeeds(spec) : stageAsk(spec, asks);
        // It may be a link to the program, which may be one file of many.
        const home = existsSync(program) ? [dirname(realpathSync(program))] : [];
        return {
          needs: { readable: [...readable, ...home], writable },
          settle: () => (spec.aside ? undefined : settleAsk(spec, asks)),
        };
      },
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
