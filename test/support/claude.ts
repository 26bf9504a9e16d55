import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Folder of the pinned Claude CLI for this machine. The package's own command is put in place by an install
 * script; the program that it would copy lies in the platform's package, and runs as it is.
 */
export const agentsBin = platformPackage();

function platformPackage(): string {
  const vendor = join(import.meta.dirname, 'agents', 'node_modules', '@anthropic-ai');
  const name = `claude-code-${process.platform}-${process.arch}`;
  const found = existsSync(vendor) ? readdirSync(vendor).find((entry) => entry.startsWith(name)) : undefined;
  if (found === undefined) throw new Error('the Claude CLI is not installed: `npm test` installs it');
  return join(vendor, found);
}

/** A place where the real CLI runs with no account, no network and nothing of the user's. */
export interface ClaudeScratch {
  /** A zone of its own, empty. */
  readonly zone: string;
  readonly env: Readonly<Record<string, string>>;
  dispose(): void;
}

/** Makes scratch folders and the complete environment of a real `claude` that talks to the scripted model. */
export function claudeScratch(modelUrl: string): ClaudeScratch {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'khlone-claude-')));
  const folder = (name: string): string => {
    const path = join(root, name);
    mkdirSync(path, { mode: 0o700 });
    return path;
  };
  const zone = folder('zone');
  const env = {
    PATH: `${agentsBin}:${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: folder('home'),
    CLAUDE_CONFIG_DIR: folder('config'),
    TMPDIR: folder('tmp'),
    TERM: 'xterm-256color',
    ANTHROPIC_BASE_URL: modelUrl,
    ANTHROPIC_API_KEY: 'sk-fake-key-of-the-scripted-model',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    // Claude Code refuses its bypass modes to root unless it is told that it runs in a sandbox.
    IS_SANDBOX: '1',
  };
  return {
    zone,
    env,
    dispose: () => rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  };
}
