import { spawnSync } from 'node:child_process';

/** Longest time git has, in ms, and most bytes it may answer with. */
const timeoutMs = 5_000;
const maxBytes = 16 * 1024 * 1024;

/**
 * Reads blobs from git's store by their ids; those it does not have are missing. Of git only `cat-file` runs, which
 * applies no filter, and with everything off by which a repository's own configuration runs code: the file system
 * monitor, hooks, pagers, replaced objects, and fetching what a partial clone lacks.
 */
export function readBlobs(folder: string, ids: readonly string[]): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  const safe = ['core.fsmonitor=false', 'core.hooksPath=/dev/null', 'core.pager=cat'];
  const { stdout, error } = spawnSync(
    'git',
    [
      '--no-pager',
      '--no-replace-objects',
      ...safe.flatMap((setting) => ['-c', setting]),
      `--git-dir=${folder}`,
      'cat-file',
      '--batch',
    ],
    {
      cwd: '/',
      env: {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_NO_LAZY_FETCH: '1',
        GIT_ALLOW_PROTOCOL: 'none',
        GIT_OPTIONAL_LOCKS: '0',
        GIT_TERMINAL_PROMPT: '0',
      },
      input: `${ids.join('\n')}\n`,
      timeout: timeoutMs,
      maxBuffer: maxBytes,
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  );
  // No git, or no repository: then nothing of the past is known.
  if (error || !stdout) return found;
  for (let at = 0; at < stdout.length;) {
    const end = stdout.indexOf('\n', at);
    if (end < 0) break;
    const [id = '', type, size] = stdout.toString('latin1', at, end).split(' ');
    at = end + 1;
    if (type !== 'blob') continue;
    const length = Number(size);
    found.set(id, stdout.subarray(at, at + length));
    at += length + 1;
  }
  return found;
}
