import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { onUnexpectedError } from '../lifecycle.js';
import type { FinishedSpool, ProcessExit } from './contract.js';
import { runPattern } from './holderProcess.js';
import { type BrainFile, type ExitFile, files } from './program/wire.js';
import { SpoolReader } from './spoolReader.js';

/** How many finished terminals of each clone are kept. */
const keptRuns = 3;
/** How long a finished terminal is kept, in ms: seven days. */
const keptMs = 7 * 24 * 60 * 60 * 1000;

/** Names of the holders' folders that are there. */
export function runsIn(root: string): string[] {
  try {
    return readdirSync(root).filter((name) => runPattern.test(name));
  } catch {
    return [];
  }
}

/** What a holder wrote of its brain; undefined where it never had one. */
export function brainOf(folder: string): BrainFile | undefined {
  return readJson<BrainFile>(join(folder, files.brain));
}

/** How a brain ended, where its holder wrote that down. */
export function exitOf(folder: string): ProcessExit | undefined {
  const exit = readJson<ExitFile>(join(folder, files.exit));
  return exit && { code: exit.code, signal: exit.signal };
}

/** What is kept of terminals whose programs have ended. */
export class FinishedRuns {
  readonly #root: string;
  /** Tells which runs are not finished. */
  readonly #living: ReadonlyMap<string, unknown>;

  constructor(root: string, living: ReadonlyMap<string, unknown>) {
    this.#root = root;
    this.#living = living;
  }

  /** Those of a clone, the newest last. */
  of(clone: string): FinishedSpool[] {
    return this.#all()
      .filter(({ brain }) => brain.tag['clone'] === clone)
      .map(({ run, folder, brain }) => {
        return { run, tag: brain.tag, spool: new SpoolReader(folder), exit: exitOf(folder) };
      })
      .reverse();
  }

  /** Takes away what is too old, or too many of one clone. */
  async prune(now = Date.now()): Promise<void> {
    const seen = new Map<string, number>();
    for (const { folder, brain } of this.#all()) {
      const clone = brain.tag['clone'] ?? '';
      const newer = seen.get(clone) ?? 0;
      seen.set(clone, newer + 1);
      const endedAt = readJson<ExitFile>(join(folder, files.exit))?.at ?? brain.startedAt;
      if (newer < keptRuns && now - Date.parse(endedAt) < keptMs) continue;
      await rm(folder, { recursive: true, force: true }).catch(onUnexpectedError);
    }
  }

  /** Finished terminals, the newest first. */
  #all(): { run: string; folder: string; brain: BrainFile }[] {
    return runsIn(this.#root)
      .filter((run) => !this.#living.has(run))
      .flatMap((run) => {
        const folder = join(this.#root, run);
        const brain = brainOf(folder);
        return brain?.kind === 'terminal' ? [{ run, folder, brain }] : [];
      })
      .sort((a, b) => (a.brain.startedAt < b.brain.startedAt ? 1 : -1));
  }
}

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
