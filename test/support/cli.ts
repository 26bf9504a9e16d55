import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** The compiled CLI: end-to-end tests run what is shipped. */
export const cliProgram = join(import.meta.dirname, '../../dist/cli/khlone.cjs');

/** How a command ended and what it said. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a command runs. */
export interface CliPlace {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A command that runs. */
export class RunningCli {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Resolves when it has ended and all it said was read. */
  readonly ended: Promise<CliResult>;
  #stdout = '';
  #stderr = '';

  constructor(words: readonly string[], { cwd, env }: CliPlace) {
    this.child = spawn(process.execPath, [cliProgram, ...words], { cwd, env, stdio: 'pipe' });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.ended = once(this.child, 'close').then(([code]) => ({
      code: code as number | null,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }));
  }

  /** Resolves with the first match once it was said on this stream. */
  async said(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
    const text = (): string => (stream === 'stdout' ? this.#stdout : this.#stderr);
    for (;;) {
      const found = pattern.exec(text());
      if (found !== null) return found;
      if (this.child[stream].readableEnded) throw new Error(`it ended without saying ${pattern}: ${text()}`);
      const heard = new AbortController();
      const { signal } = heard;
      await Promise.race(
        ['data', 'end'].map((event) => once(this.child[stream], event, { signal }).catch(() => undefined)),
      );
      heard.abort();
    }
  }
}

/** Runs a command to its end; `stdin` is all its input. */
export async function runCli(words: readonly string[], place: CliPlace, stdin = ''): Promise<CliResult> {
  const running = new RunningCli(words, place);
  running.child.stdin.on('error', () => undefined);
  running.child.stdin.end(stdin);
  return running.ended;
}
