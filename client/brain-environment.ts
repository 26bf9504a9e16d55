/** Variables a brain may be given, by name: where things are, who the user is, how text is written, the way out. */
const general =
  'PATH HOME USER LOGNAME SHELL TMPDIR LANG LANGUAGE TZ TERM COLORTERM HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY ' +
  'http_proxy https_proxy all_proxy no_proxy NODE_EXTRA_CA_CERTS SSL_CERT_FILE SSL_CERT_DIR';

/** Claude Code's own switches that carry no prefix of its name. */
const claude =
  'IS_SANDBOX DISABLE_AUTOUPDATER DISABLE_AUTO_COMPACT DISABLE_BUG_COMMAND DISABLE_COMPACT DISABLE_COST_WARNINGS ' +
  'DISABLE_ERROR_REPORTING DISABLE_FEEDBACK_COMMAND DISABLE_INSTALLATION_CHECKS DISABLE_INTERLEAVED_THINKING ' +
  'DISABLE_MICROCOMPACT DISABLE_NON_ESSENTIAL_MODEL_CALLS DISABLE_PROMPT_CACHING DISABLE_PROMPT_CACHING_HAIKU ' +
  'DISABLE_PROMPT_CACHING_OPUS DISABLE_PROMPT_CACHING_SONNET DISABLE_TELEMETRY';

const names: ReadonlySet<string> = new Set(`${general} ${claude}`.split(' '));

/** Families of variables a brain may be given: the locale, the desktop's folders, and the vendors' own. */
const prefixes: readonly string[] = 'LC_ XDG_ ANTHROPIC_ CLAUDE_ AWS_ GOOGLE_ VERTEX OPENAI_ GEMINI_'.split(
  ' ',
);

/** What the daemon takes as a variable's name and value; one bad variable must not fail the whole greeting. */
const validName = /^[A-Za-z_][A-Za-z0-9_]{0,255}$/;
const longestValue = 131_072;

/**
 * The part of an environment that goes with the greeting, for brains enrolled or addressed by this
 * client. Nothing of khlone's own is ever among it: a brain must not find the daemon's socket.
 */
export function brainEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value.length > longestValue || !validName.test(name)) continue;
    if (names.has(name) || prefixes.some((prefix) => name.startsWith(prefix))) chosen[name] = value;
  }
  return chosen;
}
