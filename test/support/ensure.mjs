// Makes the working copy ready: what is missing is installed, what is stale is built.
// Plain Node and no dependency, since it runs before there are any. Safe to repeat, and safe to run twice at once.
//
//   node test/support/ensure.mjs [--agents] [--lenient]
//
// --agents   also installs the real agent CLIs that the end-to-end tests drive
// --lenient  a build with type errors is a warning (the compiler writes its output all the same)
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const agents = join(root, 'test/support/agents');
const dist = join(root, 'dist');
const sourceFolders = ['protocol', 'daemon', 'client', 'cli'];
const flags = new Set(process.argv.slice(2));

const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
};

const readText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
};

function filesUnder(folder) {
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...filesUnder(path));
    else if (entry.isFile()) found.push(path);
  }
  return found.sort((a, b) => (a < b ? -1 : 1));
}

const stampOf = (folder) => join(folder, 'node_modules', '.khlone-stamp');

/** A native module is built for one ABI on one platform, so the stamp names them. */
const wantedStamp = (folder) =>
  sha256(
    readFileSync(join(folder, 'package-lock.json')),
    `${process.platform}-${process.arch}-${process.versions.modules}`,
  );

const isInstalled = (folder) => readText(stampOf(folder)) === wantedStamp(folder);

/** Whether someone else's `npm ci` or `npm install` left exactly what the lockfile says, native modules included. */
function isInstalledUnstamped(folder) {
  const hidden = readText(join(folder, 'node_modules', '.package-lock.json'));
  if (hidden === undefined) return false;
  const present = JSON.parse(hidden).packages;
  const wanted = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')).packages;
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    if (path === '' || (optional && !(path in present))) continue;
    if (present[path]?.version !== version) return false;
  }
  return folder !== root || loads('better-sqlite3');
}

function loads(name) {
  const script = `new (require(${JSON.stringify(name)}))(':memory:').close()`;
  return spawnSync(process.execPath, ['-e', script], { cwd: root, stdio: 'ignore' }).status === 0;
}

function run(command, args, options) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (error) throw error;
  return status;
}

function npmEnvironment() {
  // With the headers of this Node at hand, compiling needs no download of them.
  const prefix = dirname(dirname(process.execPath));
  const headers = existsSync(join(prefix, 'include', 'node', 'node_api.h'));
  const chosen = process.env.npm_config_nodedir !== undefined;
  return headers && !chosen ? { ...process.env, npm_config_nodedir: prefix } : process.env;
}

function install(folder, extra) {
  if (isInstalled(folder)) return;
  if (!isInstalledUnstamped(folder)) {
    const where = relative(root, folder) || 'khlone';
    const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error', ...extra];
    console.log(`khlone: installing the dependencies of ${where} (a minute or two, once)`);
    const status = run('npm', args, { cwd: folder, env: npmEnvironment() });
    if (status !== 0) throw new Error(`npm ci failed in ${where} (exit code ${status})`);
  }
  writeFileSync(stampOf(folder), wantedStamp(folder));
}

function sourceStamp() {
  const files = ['tsconfig.json', 'rolldown.config.js', 'package-lock.json'].map((name) => join(root, name));
  for (const folder of sourceFolders) {
    const path = join(root, folder);
    if (existsSync(path)) files.push(...filesUnder(path));
  }
  return sha256(...files.flatMap((file) => [relative(root, file), readFileSync(file)]));
}

/** The compiler never removes the output of a source that is gone, and a package must not carry it. */
function removeOrphans() {
  for (const file of filesUnder(dist)) {
    const source = /^(.*)\.(?:d\.ts|js|cjs)$/.exec(relative(dist, file))?.[1];
    if (source !== undefined && !existsSync(join(root, `${source}.ts`))) rmSync(file);
  }
}

/** The command as it is shipped, made of the same sources. */
function bundle() {
  const rolldown = join(root, 'node_modules', 'rolldown', 'bin', 'cli.mjs');
  const args = [rolldown, '-c', join(root, 'rolldown.config.js'), '--log-level', 'warn'];
  const status = run(process.execPath, args, { cwd: root });
  if (status !== 0 && !flags.has('--lenient')) throw new Error('the command could not be bundled');
  const command = join(dist, 'cli', 'khlone.cjs');
  if (existsSync(command)) chmodSync(command, 0o755);
}

function build() {
  const stamp = join(dist, '.stamp');
  const wanted = sourceStamp();
  if (readText(stamp) === wanted) return;
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  console.log('khlone: building');
  // What is there from here on is of no sources that were stamped.
  rmSync(stamp, { force: true });
  const status = run(process.execPath, [tsc, '-p', root], { cwd: root });
  if (status !== 0 && !flags.has('--lenient')) throw new Error('the build failed');
  if (status !== 0) console.warn('khlone: dist/ was built from sources with type errors');
  removeOrphans();
  bundle();
  if (status === 0) writeFileSync(stamp, wanted);
}

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** Runs the work with no other `ensure` of this working copy beside it. */
function alone(work) {
  const lock = join(tmpdir(), `khlone-ensure-${sha256(root).slice(0, 16)}`);
  const owner = join(lock, 'pid');
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; ; tries++) {
    try {
      mkdirSync(lock, { mode: 0o700 });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const pid = Number(readText(owner));
    // An owner that has no pid yet is given two seconds to write it.
    if (pid > 0 ? !isAlive(pid) : tries > 20) {
      rmSync(lock, { recursive: true, force: true });
      continue;
    }
    Atomics.wait(pause, 0, 0, 100);
  }
  try {
    writeFileSync(owner, String(process.pid));
    work();
  } finally {
    rmSync(owner, { force: true });
    rmdirSync(lock);
  }
}

const isReady =
  isInstalled(root) &&
  (!flags.has('--agents') || isInstalled(agents)) &&
  readText(join(dist, '.stamp')) === sourceStamp();

if (!isReady) {
  try {
    alone(() => {
      install(root, []);
      build();
      // The agents run as they are unpacked: nothing of theirs needs an install script.
      if (flags.has('--agents')) install(agents, ['--ignore-scripts']);
    });
  } catch (error) {
    console.error(`khlone: ${error.message}`);
    process.exitCode = 1;
  }
}
