/**
 * Variables a brain may take from the client that enrolls it, by name or prefix: what a program
 * needs to run, to reach the network, and the vendors' own. docs/security.md lists them.
 */
const names: ReadonlySet<string> = new Set([
  'PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'COLORTERM', 'TMPDIR', 'TZ',
  'LANG', 'LANGUAGE', 'EDITOR', 'VISUAL', 'SSH_AUTH_SOCK',
  'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy',
  'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'GIT_SSL_CAINFO',
  'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME', 'XDG_STATE_HOME',
  'IS_SANDBOX', 'DISABLE_AUTOUPDATER', 'DISABLE_TELEMETRY', 'DISABLE_ERROR_REPORTING', 'DISABLE_BUG_COMMAND',
  'DISABLE_COST_WARNINGS', 'MAX_THINKING_TOKENS', 'BASH_DEFAULT_TIMEOUT_MS', 'BASH_MAX_TIMEOUT_MS',
]); // prettier-ignore

const prefixes: readonly string[] = [
  'LC_', 'ANTHROPIC_', 'CLAUDE_', 'AWS_', 'GOOGLE_', 'CLOUD_ML_', 'VERTEX_', 'OPENAI_', 'CODEX_', 'GEMINI_', 'KHLONE_DEMO_',
]; // prettier-ignore

/** Set by a running Claude Code for its own children: a brain that inherits them takes itself for one. */
const neverPass: ReadonlySet<string> = new Set([
  'CLAUDE_CODE_ENTRYPOINT', 'CLAUDE_CODE_SSE_PORT', 'CLAUDE_CODE_SESSION_ID', 'CLAUDE_CODE_CHILD_SESSION',
]); // prettier-ignore

/** Whether a client's variable of this name may reach a brain without being named by its owner. */
export function isAllowed(name: string): boolean {
  if (neverPass.has(name)) return false;
  return names.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
}

const secretName =
  /KEY|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|AUTH|COOKIE|PRIVATE|HEADERS|DSN|CONNECTION_STRING/i;

/** Names that sound like a secret and are a path to a socket. */
const plainNames: ReadonlySet<string> = new Set(['SSH_AUTH_SOCK']);

/** Bounds counted in tokens, which are no secrets. */
const tokenBound = /(^|_)MAX_\w*TOKENS$/;

/** `scheme://user:password@host`, as in a proxy or a database URL. */
const credentialsInUrl = /[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i;

/** Prefixes of well-known tokens (vendors', GitHub's, GitLab's, npm's, Slack's, AWS's), and private keys. */
const tokenValue = /^(sk-|ghp_|gho_|ghs_|github_pat_|glpat-|npm_|xox[abps]-|AKIA|-----BEGIN)/;

/** Whether a variable is held in memory only. */
export function isSecret(name: string, value: string): boolean {
  if (plainNames.has(name)) return false;
  const sounds = secretName.test(name) && !tokenBound.test(name);
  return sounds || credentialsInUrl.test(value) || tokenValue.test(value);
}
