import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settleAsk, stageAsk } from '../../../../../daemon/brains/claude/askStage.js';
import { setUnexpectedErrorHandler } from '../../../../../daemon/lifecycle.js';

const conversation = '0f8fad5b-d9cb-469f-a165-70867728950e';
const name = `${conversation}.jsonl`;

let root: string;
const at = (...names: string[]): string => join(root, ...names);
beforeEach(() => {
  // Another user has to get there, too.
  root = mkdtempSync('/tmp/khlone-');
  mkdirSync(at('zone'));
});
afterEach(() => {
  // Node cannot take away what no path leads to.
  execFileSync('rm', ['-rf', root]);
});

const of = (cwd = '/zone/here'): Parameters<typeof settleAsk>[0] => ({
  cwd,
  conversation,
  env: { HOME: at('home') },
});
const projects = (...names: string[]): string => at('home/.claude/projects', ...names);
const stage = (...names: string[]): string => at('asks', conversation, ...names);

describe('what an ask of Claude Code leaves', () => {
  it('is the conversation that it began, brought home', () => {
    const { writable } = stageAsk(of(), at('asks'));
    expect(writable).toEqual([{ from: stage(), at: projects() }]);
    mkdirSync(stage('-zone-here'));
    writeFileSync(stage('-zone-here', name), 'said');
    settleAsk(of(), at('asks'));
    expect(readFileSync(projects('-zone-here', name), 'utf8')).toBe('said');
    expect(existsSync(stage())).toBe(false);
  });

  it('is found where the name of its folder is too long to be kept whole', () => {
    const long = of(`/${'a'.repeat(300)}`);
    stageAsk(long, at('asks'));
    const folder = `-${'a'.repeat(199)}-1a2b3c`;
    mkdirSync(stage(folder));
    writeFileSync(stage(folder, name), 'said');
    settleAsk(long, at('asks'));
    expect(readFileSync(projects(folder, name), 'utf8')).toBe('said');
    stageAsk(long, at('asks'));
    expect(readFileSync(stage(folder, name), 'utf8')).toBe('said');
  });

  it('is no conversation of another project', () => {
    stageAsk(of(), at('asks'));
    mkdirSync(stage('-other'));
    writeFileSync(stage('-other', name), 'misleading');
    settleAsk(of(), at('asks'));
    expect(readdirSync(projects())).toEqual([]);
  });

  it('moves nothing to which a link leads', () => {
    stageAsk(of(), at('asks'));
    writeFileSync(at('zone', name), 'mine');
    symlinkSync(at('zone'), stage('-zone-here'));
    settleAsk(of(), at('asks'));
    expect(readFileSync(at('zone', name), 'utf8')).toBe('mine');
    expect(existsSync(stage())).toBe(false);
  });

  it('keeps no later task from beginning by folders it has closed', () => {
    stageAsk(of(), at('asks'));
    for (const folder of ['closed/inner', '-zone-here']) mkdirSync(stage(folder), { recursive: true });
    writeFileSync(stage('closed/inner/file'), '');
    writeFileSync(stage('-zone-here', name), 'said');
    for (const folder of ['closed/inner', 'closed', '-zone-here']) chmodSync(stage(folder), 0);
    asNobody(() => settleAsk(of(), at('asks')));
    expect(existsSync(stage())).toBe(false);
    expect(readFileSync(projects('-zone-here', name), 'utf8')).toBe('said');
  });

  it('keeps no later task from beginning by folders that no path leads to', () => {
    stageAsk(of(), at('asks'));
    const deep = 'd'.repeat(200);
    execFileSync('sh', ['-c', `for n in $(seq 25); do mkdir ${deep} && cd -P ${deep} || exit 1; done`], {
      cwd: stage(),
    });
    const errors: unknown[] = [];
    setUnexpectedErrorHandler((error) => errors.push(error));
    settleAsk(of(), at('asks'));
    expect(errors).toHaveLength(1);
    stageAsk(of(), at('asks'));
    expect(readdirSync(stage())).toEqual([]);
  });
});

/** Does something without root's rights: they would open whatever is closed. */
function asNobody(act: () => void): void {
  if (process.getuid?.() !== 0) return act();
  const nobody = 65_534;
  execFileSync('chown', ['-R', `${nobody}:${nobody}`, root]);
  process.seteuid?.(nobody);
  try {
    act();
  } finally {
    process.seteuid?.(0);
  }
}
