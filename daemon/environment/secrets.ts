const secretName =
  /KEY|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|AUTH|COOKIE|PRIVATE|HEADERS|DSN|CONNECTION_STRING/i;

/** Names that sound like a secret and are a path to a socket. */
const plainNames: ReadonlySet<string> = new Set(['SSH_AUTH_SOCK']);

/** Bounds counted in tokens, which are no secrets. */
const tokenBound = /(^|_)MAX_\w*TOKENS$/;

/** `scheme://user:password@host`, as in a proxy or a database URL, or `scheme://token@host`, as in a repository's. */
const credentialsInUrl = /[a-z][a-z0-9+.-]*:\/\/([^/\s:@]*:[^/\s@]+|[^/\s:@]{16,})@/i;

/** Prefixes of well-known tokens (vendors', GitHub's, GitLab's, npm's, Slack's, AWS's), and private keys. */
const tokenValue = /^(sk-|ghp_|gho_|ghs_|github_pat_|glpat-|npm_|xox[abps]-|AKIA|-----BEGIN)/;

/** Whether a variable is held in memory only. */
export function isSecret(name: string, value: string): boolean {
  if (plainNames.has(name)) return false;
  const sounds = secretName.test(name) && !tokenBound.test(name);
  return sounds || credentialsInUrl.test(value) || tokenValue.test(value);
}
