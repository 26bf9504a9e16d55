/**
 * Variables that a brain may take from the client that enrolls it, by name or prefix: what a program needs to
 * run and to reach the network, and the vendors' own. A client sends no others, and the daemon keeps no others.
 * docs/security.md lists them.
 */
const places =
  'PATH HOME USER LOGNAME SHELL TMPDIR XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME SSH_AUTH_SOCK';
const language = 'LANG LANGUAGE TZ TERM COLORTERM EDITOR VISUAL';
const network =
  'HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy ' +
  'NODE_EXTRA_CA_CERTS SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE REQUESTS_CA_BUNDLE GIT_SSL_CAINFO';

/** Claude Code's own switches that carry no prefix of its name. */
const claude =
  'IS_SANDBOX DISABLE_AUTOUPDATER DISABLE_AUTO_COMPACT DISABLE_BUG_COMMAND DISABLE_COMPACT DISABLE_COST_WARNINGS ' +
  'DISABLE_ERROR_REPORTING DISABLE_FEEDBACK_COMMAND DISABLE_INSTALLATION_CHECKS DISABLE_INTERLEAVED_THINKING ' +
  'DISABLE_MICROCOMPACT DISABLE_NON_ESSENTIAL_MODEL_CALLS DISABLE_PROMPT_CACHING DISABLE_PROMPT_CACHING_HAIKU ' +
  'DISABLE_PROMPT_CACHING_OPUS DISABLE_PROMPT_CACHING_SONNET DISABLE_TELEMETRY MAX_THINKING_TOKENS ' +
  'BASH_DEFAULT_TIMEOUT_MS BASH_MAX_TIMEOUT_MS';

const names: ReadonlySet<string> = new Set([places, language, network, claude].join(' ').split(' '));

const prefixes =
  'LC_ ANTHROPIC_ CLAUDE_ AWS_ GOOGLE_ CLOUD_ML_ VERTEX OPENAI_ CODEX_ GEMINI_ KHLONE_DEMO_'.split(' ');

/** Set by a running Claude Code for its own children: a brain that inherits them takes itself for one. */
const ofParent: ReadonlySet<string> = new Set(
  'CLAUDE_CODE_ENTRYPOINT CLAUDE_CODE_SSE_PORT CLAUDE_CODE_SESSION_ID CLAUDE_CODE_CHILD_SESSION'.split(' '),
);

/** What the wire takes as a variable's name and value; one that is bad must not fail the whole greeting. */
const validName = /^[A-Za-z_][A-Za-z0-9_]{0,255}$/;
const longestValue = 131_072;

/** Whether a client's variable of this name may reach a brain without being named by its owner. */
export function isBrainVariable(name: string): boolean {
  if (ofParent.has(name) || !validName.test(name)) return false;
  return names.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
}

/**
 * The part of an environment that brains may be given. Nothing of khlone's own is ever among it: a brain must
 * not find the daemon's socket.
 */
export function brainVariables(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && value.length <= longestValue && isBrainVariable(name)) chosen[name] = value;
  }
  return chosen;
}
