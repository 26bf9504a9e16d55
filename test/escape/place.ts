import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  existsSync,
  chownSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where nothing is emptied for an ask: what is written there is there. */
export const escapeBase = process.getuid?.() === 0 ? '/var/lib' : homedir();
const compiled = join(import.meta.dirname, '../../dist/daemon/sandbox');

/** A zone, what lies around it, and those who could write on behalf of whoever gets at them. */
export class EscapePlace implements AsyncDisposable {
  readonly root = realpathSync(mkdtempSync(join(escapeBase, 'khlone-')));
  readonly zone = join(this.root, 'zone');
  readonly out = join(this.root, 'out');
  readonly home = join(this.root, 'home');
  /** The sandbox as it was compiled, where any user may read it. */
  readonly library = join(this.root, 'lib');
  readonly mark = `khlone-escape-${process.pid}-${Math.random().toString(36).slice(2)}`;
  /** How often somebody came to a socket. */
  visits = 0;
  readonly #servers: Server[] = [];
  #victim: ChildProcess | undefined;
  readonly #user: number | undefined;

  /** Belongs to a user of this number; to whoever runs the tests when left out. */
  constructor(user?: number) {
    this.#user = user;
  }

  get env(): Record<string, string> {
    return {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: this.home,
      ZONE: this.zone,
      OUT: this.out,
      NODE: process.execPath,
      MARK: this.mark,
      VICTIM: String(this.#victim?.pid),
      SSH_AUTH_SOCK: join(this.out, 'agent'),
      DOCKER_HOST: `unix://${join(this.out, 'docker')}`,
      XDG_RUNTIME_DIR: join(this.out, 'runtime'),
      GIT_AUTHOR_NAME: 'a',
      GIT_AUTHOR_EMAIL: 'a@example.com',
      GIT_COMMITTER_NAME: 'a',
      GIT_COMMITTER_EMAIL: 'a@example.com',
    };
  }

  get places(): { zone: string; hidden: string[]; sockets: string[] } {
    return { zone: this.zone, hidden: [join(this.out, 'state')], sockets: [] };
  }

  /** Lays everything out anew. */
  async prepare(): Promise<void> {
    await this.#clear();
    for (const folder of [
      'zone',
      'zone-2',
      'out/runtime',
      'out/state',
      'home/.ssh',
      'home/.gnupg',
      'home/.claude/commands',
    ]) {
      mkdirSync(join(this.root, folder), { recursive: true });
    }
    cpSync(compiled, this.library, { recursive: true });
    writeFileSync(join(this.library, 'package.json'), '{"type":"module"}');
    writeFileSync(join(this.zone, 'a'), 'alpha\nbeta\n');
    writeFileSync(join(this.out, 'kept'), 'kept\n');
    writeFileSync(join(this.out, 'open'), 'open\n');
    writeFileSync(join(this.home, '.bashrc'), '\n');
    symlinkSync(join(this.out, 'kept'), join(this.zone, 'out'));
    linkSync(join(this.zone, 'a'), join(this.zone, 'hard'));
    const git = (...words: string[]): void =>
      void execFileSync('git', ['-C', this.zone, ...words], { env: this.env, stdio: 'pipe' });
    git('init', '-q');
    git('add', 'a');
    git('commit', '-q', '-m', 'first');
    for (const path of [
      'zone/s',
      'out/agent',
      'out/docker',
      'out/runtime/bus',
      'out/state/s',
      'home/.gnupg/S.gpg-agent',
    ]) {
      const server = createServer((socket) => {
        this.visits += 1;
        socket.on('error', () => undefined).destroy();
      });
      server.listen(join(this.root, path));
      await once(server, 'listening');
      this.#servers.push(server);
    }
    chmodSync(this.root, 0o755);
    if (this.#user !== undefined) this.#own(this.root, this.#user);
    chmodSync(join(this.out, 'open'), 0o666);
    this.#victim = spawn('sleep', ['600'], {
      cwd: this.zone,
      stdio: 'ignore',
      ...(this.#user !== undefined && { uid: this.#user, gid: this.#user }),
    });
    await once(this.#victim, 'spawn');
    this.visits = 0;
  }

  /** All that an attempt could have changed; the time of change tells of what was undone. */
  state(): string {
    const lines: string[] = [];
    const look = (path: string): void => {
      const facts = lstatSync(path);
      // Reading a folder and connecting to a socket change no time of change.
      const what = facts.isFile()
        ? readFileSync(path, 'latin1')
        : facts.isSymbolicLink()
          ? readlinkSync(path)
          : '';
      lines.push([path, facts.mode, facts.nlink, facts.uid, facts.ino, facts.ctimeMs, what].join(' '));
      if (facts.isDirectory()) for (const name of readdirSync(path).sort()) look(join(path, name));
    };
    look(this.root);
    const traces = ['/tmp', '/var/tmp', '/dev/shm'].filter((folder) => existsSync(join(folder, this.mark)));
    return [...lines, ...traces, `visits ${this.visits}`, `alive ${this.#alive()}`].join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#clear();
    rmSync(this.root, { recursive: true, force: true });
  }

  #alive(): boolean {
    try {
      // Of one that was killed its parent, this process, may not have heard yet.
      return !/^\d+ \(sleep\) Z/.test(readFileSync(`/proc/${this.#victim?.pid}/stat`, 'latin1'));
    } catch {
      return false;
    }
  }

  #own(path: string, user: number): void {
    const facts = lstatSync(path);
    if (!facts.isSymbolicLink()) chownSync(path, user, user);
    if (facts.isDirectory()) for (const name of readdirSync(path)) this.#own(join(path, name), user);
  }

  async #clear(): Promise<void> {
    this.#victim?.kill('SIGKILL');
    for (const server of this.#servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    for (const folder of ['/tmp', '/var/tmp', '/dev/shm'])
      rmSync(join(folder, this.mark), { recursive: true, force: true });
    for (const name of readdirSync(this.root))
      rmSync(join(this.root, name), { recursive: true, force: true });
  }
}
