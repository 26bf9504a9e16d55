import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { type Disposable, Emitter, onUnexpectedError } from '../lifecycle.js';
import type {
  HeldProcess,
  HeldProgram,
  HeldTerminal,
  Holder,
  ProcessExit,
  ProcessIdentity,
  ProcessRecorder,
} from './contract.js';
import { identify } from './identity.js';
import { defaultGraceMs, killGroups, sweep } from './kill.js';
import { runMarker } from './strays.js';

/** A descendant may hold the pipes open after its parent's end; output that is still to come by then is not waited for. */
const drainMs = 2_000;

/** Runs programs as children of this process. */
export class InProcessHolder implements Holder {
  readonly #recorder: ProcessRecorder;

  constructor(recorder: ProcessRecorder) {
    this.#recorder = recorder;
  }

  async spawn(what: HeldProgram): Promise<HeldProcess> {
    const run = randomBytes(16).toString('hex');
    const child = spawn(what.program, what.args, {
      cwd: what.cwd,
      env: { ...what.env, [runMarker]: run },
      stdio: 'pipe',
      // A session and group of its own, so that one signal reaches all of it and none of us.
      detached: true,
    });
    const spawned = once(child, 'spawn');
    if (child.pid === undefined) {
      await spawned;
      throw new Error(`${what.program} did not start`);
    }
    // Read at once: a child that ended already stays readable until the event loop collects it.
    const identity = identify(child.pid, run);
    if (!identity) {
      child.kill('SIGKILL');
      throw new Error(`${what.program} cannot be identified`);
    }
    const held = new PipedProcess(child, identity, this.#recorder);
    try {
      this.#recorder.started(identity);
    } catch (error) {
      await held.kill(0);
      throw error;
    }
    await spawned;
    return held;
  }

  spawnTerminal(): Promise<HeldTerminal> {
    return Promise.reject(new Error('no terminals in this process'));
  }
}

class PipedProcess implements HeldProcess {
  readonly identity: ProcessIdentity;
  readonly exited: Promise<ProcessExit>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #stdout: PipeReader;
  readonly #stderr: PipeReader;
  readonly #ended: Promise<ProcessExit>;
  #alive = true;

  constructor(child: ChildProcessWithoutNullStreams, identity: ProcessIdentity, recorder: ProcessRecorder) {
    this.identity = identity;
    this.#child = child;
    this.#stdout = new PipeReader(child.stdout);
    this.#stderr = new PipeReader(child.stderr);
    // A brain may end before it has read all that was written to it.
    child.stdin.on('error', () => undefined);
    this.#ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#alive = false;
        resolve({ code, signal });
      });
    });
    this.exited = this.#settle(recorder);
  }

  async #settle(recorder: ProcessRecorder): Promise<ProcessExit> {
    const exit = await this.#ended;
    // What a brain leaves running would go on changing the zone behind the back of its successor.
    await sweep([this.identity]).catch(onUnexpectedError);
    await Promise.all([this.#stdout.drained(), this.#stderr.drained()]);
    this.#child.stdin.destroy();
    try {
      recorder.ended(this.identity);
    } catch (error) {
      onUnexpectedError(error);
    }
    return exit;
  }

  write(data: string): Promise<void> {
    if (!this.#alive || !this.#child.stdin.writable) return Promise.resolve();
    return new Promise((resolve) => this.#child.stdin.write(data, () => resolve()));
  }

  end(): void {
    this.#child.stdin.end();
  }

  onStdout(listener: (chunk: Buffer) => void): Disposable {
    return this.#stdout.on(listener);
  }

  onStderr(listener: (chunk: Buffer) => void): Disposable {
    return this.#stderr.on(listener);
  }

  isAlive(): boolean {
    return this.#alive;
  }

  async kill(graceMs: number = defaultGraceMs): Promise<ProcessExit> {
    if (this.#alive) await killGroups([this.identity], graceMs, this.#ended);
    return this.exited;
  }

  dispose(): void {
    void this.kill(defaultGraceMs).catch(onUnexpectedError);
  }
}

/** One output pipe: it flows from its first listener on, or from the process's end, so that nothing is missed. */
class PipeReader {
  readonly #pipe: Readable;
  readonly #chunks = new Emitter<Buffer>();
  readonly #closed: Promise<unknown>;

  constructor(pipe: Readable) {
    this.#pipe = pipe;
    this.#closed = new Promise((resolve) => pipe.once('close', resolve));
    pipe.on('error', () => undefined);
  }

  on(listener: (chunk: Buffer) => void): Disposable {
    const subscription = this.#chunks.on(listener);
    this.#flow();
    return subscription;
  }

  async drained(): Promise<void> {
    this.#flow();
    const limit = setTimeout(() => this.#pipe.destroy(), drainMs);
    await this.#closed;
    clearTimeout(limit);
    this.#chunks.dispose();
  }

  #flow(): void {
    if (this.#pipe.listenerCount('data') === 0)
      this.#pipe.on('data', (chunk: Buffer) => this.#chunks.fire(chunk));
  }
}
