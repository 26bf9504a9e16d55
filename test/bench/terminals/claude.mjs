import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'rolldown';

const support = fileURLToPath(new URL('../../support/', import.meta.url));
const vendor = join(support, 'agents/node_modules/@anthropic-ai');
const key = 'sk-fake-key-of-the-scripted-model';

/** Folder of the pinned Claude CLI for this machine; undefined where `npm test` has not installed it. */
export const claudeBin = existsSync(vendor)
  ? readdirSync(vendor)
      .filter((entry) => entry.startsWith(`claude-code-${process.platform}-${process.arch}`))
      .map((entry) => join(vendor, entry))[0]
  : undefined;

/** The tests' scripted model, which is TypeScript: compiled to a scratch folder first. */
export async function startModel(folder) {
  const file = join(folder, 'scriptedModel.mjs');
  const input = join(support, 'scriptedModel.ts');
  await build({ input, platform: 'node', output: { file, format: 'esm' }, logLevel: 'silent' });
  const { startScriptedModel, say } = await import(pathToFileURL(file).href);
  const model = await startScriptedModel();
  model.rule(/./, say('Hello from the scripted model.'));
  return model;
}

/** Variables under which the real CLI runs in a zone with no account, past its first-run screens. */
export function claudeEnv({ folder, zone, modelUrl }) {
  const config = join(folder, 'claude');
  mkdirSync(config, { mode: 0o700 });
  const settings = {
    hasCompletedOnboarding: true,
    theme: 'dark',
    customApiKeyResponses: { approved: [key.slice(-20)], rejected: [] },
    projects: { [zone]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
  };
  writeFileSync(join(config, '.claude.json'), JSON.stringify(settings));
  return {
    PATH: `${claudeBin}:${process.env.PATH}`,
    CLAUDE_CONFIG_DIR: config,
    TERM: 'xterm-256color',
    ANTHROPIC_BASE_URL: modelUrl,
    ANTHROPIC_API_KEY: key,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    IS_SANDBOX: '1',
  };
}
