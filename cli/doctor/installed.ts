import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { packageVersion } from '../../protocol/version.js';
import { packageFile } from '../package.js';
import { broken, fine, warn, type Finding } from './check.js';

/** The oldest Node that package.json's `engines` allows. */
const oldestNode = [20, 19] as const;
/** A version is printed in about 50 ms; a machine under load takes longer. */
const versionTimeoutMs = 20_000;

/** Node and khlone themselves, and the native modules that an install may have failed to build. */
export function checkInstalled(): Finding[] {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [leastMajor, leastMinor] = oldestNode;
  const recent = major > leastMajor || (major === leastMajor && minor >= leastMinor);
  const node = recent
    ? fine('node', `${process.version} at ${process.execPath}`)
    : broken(
        'node',
        `${process.version} is older than ${oldestNode.join('.')}`,
        `Install Node ${leastMajor}.${leastMinor} or newer.`,
      );
  return [
    node,
    fine('khlone', `${packageVersion} at ${packageFile('')}`),
    checkModule('better-sqlite3', (load) => {
      const Database = load as new (path: string) => { close(): void };
      new Database(':memory:').close();
    }),
    checkModule('fs-native-extensions', () => undefined),
  ];
}

function checkModule(name: string, use: (loaded: unknown) => void): Finding {
  try {
    use(createRequire(import.meta.url)(name));
    return fine(name, 'loads');
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return broken(
      name,
      `does not load: ${reason}`,
      `Run \`npm rebuild ${name}\` where khlone is installed; it needs a C++ compiler.`,
    );
  }
}

/** The brains: where each program is and which version. */
export async function checkBrains(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const demo = packageFile('dist/daemon/brains/demo/program.js');
  const present = await isFile(demo, constants.R_OK);
  return [
    present
      ? fine('brain demo', `built in: ${demo}`)
      : broken('brain demo', `${demo} is missing`, 'Install khlone again, or run `npm run build`.'),
    ...(await checkClaude(env)),
  ];
}

async function checkClaude(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const name = 'brain claude';
  const install = 'Install it: `npm install -g @anthropic-ai/claude-code`. Until then use `--brain demo`.';
  const program = await findProgram('claude', env);
  if (program === undefined) return [warn(name, 'no `claude` on PATH', install)];
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { env, timeout: versionTimeoutMs });
    const version = /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? stdout.trim();
    return [fine(name, `${version} at ${program}`), await checkLogin(env)];
  } catch (error) {
    return [broken(name, `${program} does not run: ${(error as Error).message.split('\n')[0]}`, install)];
  }
}

/** Looks for a login only, and never into one. */
async function checkLogin(env: NodeJS.ProcessEnv): Promise<Finding> {
  const name = 'claude login';
  const variables = [
    'ANTHROPIC_API_KEY',
    'ANTHROPIC_AUTH_TOKEN',
    'CLAUDE_CODE_OAUTH_TOKEN',
    'CLAUDE_CODE_USE_BEDROCK',
    'CLAUDE_CODE_USE_VERTEX',
  ];
  const set = variables.find((variable) => (env[variable] ?? '') !== '');
  if (set !== undefined) return fine(name, `${set} is set in this shell`);
  const folder = env['CLAUDE_CONFIG_DIR'] ?? join(env['HOME'] ?? '', '.claude');
  if (await isFile(join(folder, '.credentials.json'), constants.R_OK)) return fine(name, `kept in ${folder}`);
  // There the system's keychain keeps it, which is not asked.
  if (process.platform === 'darwin') return fine(name, 'left to the keychain');
  return warn(
    name,
    'none found',
    'Run `claude` once and log in, or set ANTHROPIC_API_KEY in the shell you enroll from.',
  );
}

async function findProgram(program: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    // As the daemon does: a relative entry would make the zone's own files programs.
    if (!isAbsolute(folder)) continue;
    const path = join(folder, program);
    if (await isFile(path, constants.X_OK)) return path;
  }
  return undefined;
}

async function isFile(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
