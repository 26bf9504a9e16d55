const kept = new Set(['PATH', 'HOME', 'LANG', 'LANGUAGE', 'TMPDIR']);
const keptPrefixes = ['LC_', 'XDG_', 'KHLONE_'];
/** Marks the descendants of one brain, which are ended with it: a daemon that a brain's tool starts is not one. */
const brainMark = 'KHLONE_RUN';

/**
 * How a daemon's memory is managed. Glibc gives each thread an arena of its own, and keeps in each what was used there at
 * some time: that was a sixth of a busy daemon's memory, and went on growing. Elsewhere it means nothing.
 */
export const allocation = { MALLOC_ARENA_MAX: '2' } as const;

/**
 * The environment of a new daemon: what it needs to find its paths and speak the user's language. Everything
 * else stays behind, since the daemon outlives the shell that happened to start it and serves other shells too.
 */
export function daemonEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const chosen: Record<string, string> = { ...allocation };
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || name === brainMark) continue;
    if (kept.has(name) || keptPrefixes.some((prefix) => name.startsWith(prefix))) chosen[name] = value;
  }
  return chosen;
}
