// Packs the package and looks at it as a stranger would: publint, are-the-types-wrong, then an installation into
// an empty folder that runs the CLI and imports every entry point.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'khlone-pack-')));
const home = join(folder, 'consumer');
const zone = join(folder, 'zone');
const runtime = join(folder, 'run');

function run(command, args, { cwd = root, env = process.env, quiet = false } = {}) {
  console.log(`$ ${`${command} ${args.join(' ')}`.replaceAll(folder, '…')}`);
  const { status, stdout, error } = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', quiet ? 'pipe' : 'inherit', 'inherit'],
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`it exited with ${status}${quiet ? `\n${stdout}` : ''}`);
  return stdout;
}

function khlone(args) {
  const { PATH, LANG = 'C.UTF-8' } = process.env;
  const env = { PATH, LANG, HOME: folder, KHLONE_HOME: join(folder, 'state'), XDG_RUNTIME_DIR: runtime };
  return run(join(home, 'node_modules', '.bin', 'khlone'), args, { cwd: zone, env, quiet: true });
}

/** Each entry point of package.json's `exports`, imported by its public name. */
function importEverything(manifest) {
  const lines = Object.keys(manifest.exports).map((entry) => {
    const name = JSON.stringify(entry.replace('.', manifest.name));
    const how = entry.endsWith('.json') ? `require(${name})` : `await import(${name})`;
    return `if (Object.keys(${how}).length === 0) throw new Error(${name} + ' is empty');`;
  });
  const head =
    "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\n";
  writeFileSync(join(home, 'all.mjs'), head + lines.join('\n'));
  run(process.execPath, ['all.mjs'], { cwd: home });
}

try {
  for (const path of [home, zone]) mkdirSync(path);
  mkdirSync(runtime, { mode: 0o700 });
  run('npm', ['pack', '--pack-destination', folder, '--loglevel=error'], { quiet: true });
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const tarball = join(folder, `${manifest.name}-${manifest.version}.tgz`);
  run('npm', ['run', '--silent', 'pack:publint', '--', tarball]);
  run('npm', ['run', '--silent', 'pack:types', '--', tarball], { quiet: true });

  writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', tarball], { cwd: home });
  importEverything(manifest);
  const version = khlone(['--version']).trim();
  if (!version.includes(manifest.version)) throw new Error(`khlone --version says ${version}`);
  khlone(['enroll', 'mechanic', '--brain', 'demo']);
  try {
    console.log(khlone(['ask', 'mechanic.1', 'Say hello.']).trim());
  } finally {
    khlone(['daemon', 'stop']);
  }
  console.log('the package installs into an empty folder and works');
} catch (error) {
  console.error(`package check failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
