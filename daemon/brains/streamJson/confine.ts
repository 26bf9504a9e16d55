import type { FoundState, HeldProcess, HeldProgram, Holder, ProcessExit } from '../../holder/contract.js';
import { fail } from '../../../protocol/fail.js';
import { onUnexpectedError } from '../../lifecycle.js';
import type { SandboxKind } from '../../sandbox/contract.js';
import type { Sandbox } from '../../sandbox/sandbox.js';
import type { AskPlaces, BrainSpec } from '../contract.js';

/** What an ask's processes are started with. */
export interface ConfineParts {
  readonly holder: Holder;
  readonly sandbox: Sandbox;
  /** Called where there is a sandbox. */
  readonly places: () => AskPlaces;
}

/**
 * Starts an ask's process within the sandbox that the machine has.
 * @throws sandboxMissing where it has none and the zone demands one; the system's error
 */
export async function startConfined(
  { holder, sandbox, places }: ConfineParts,
  spec: BrainSpec,
  program: HeldProgram,
): Promise<{ readonly held: HeldProcess; readonly kind: SandboxKind }> {
  const state = await sandbox.state();
  if (state.kind === 'none') {
    if (spec.sandbox === 'require') throw fail('sandboxMissing', { reason: state.reason, next: state.next });
    return { held: await holder.spawn(program), kind: 'none' };
  }
  const own = places();
  const confined = await sandbox.confine(program, own.needs);
  if (confined.kind === 'none') {
    own.settle();
    if (spec.sandbox === 'require')
      throw fail('sandboxMissing', { reason: confined.reason, next: confined.next });
    return { held: await holder.spawn(program), kind: 'none' };
  }
  // A namespace for its pids it has in any case.
  const limits = { ...program.limits, namespace: false };
  const held = await holder.spawn({ ...program, ...confined.run, limits }).catch((error: unknown) => {
    own.settle();
    throw error;
  });
  return { held: new SettledProcess(held, () => own.settle()), kind: confined.kind };
}

/** A process after whose end something is done before anybody hears of it. */
export class SettledProcess implements HeldProcess {
  readonly found?: FoundState;
  readonly exited: Promise<ProcessExit>;
  readonly #held: HeldProcess;

  constructor(held: HeldProcess, settle: () => void) {
    this.#held = held;
    if (held.found) this.found = held.found;
    this.exited = held.exited.then((exit) => {
      try {
        settle();
      } catch (error) {
        onUnexpectedError(error);
      }
      return exit;
    });
  }

  get identity(): HeldProcess['identity'] {
    return this.#held.identity;
  }

  get run(): string {
    return this.#held.run;
  }

  get from(): number {
    return this.#held.from;
  }

  get sent(): number {
    return this.#held.sent;
  }

  keep(from: number | undefined): void {
    this.#held.keep(from);
  }

  get outOfMemory(): boolean {
    return this.#held.outOfMemory;
  }

  write(data: string): Promise<void> {
    return this.#held.write(data);
  }

  end(): void {
    this.#held.end();
  }

  onStdout(listener: (chunk: Buffer, offset: number) => void): ReturnType<HeldProcess['onStdout']> {
    return this.#held.onStdout(listener);
  }

  onStderr(listener: (chunk: Buffer) => void): ReturnType<HeldProcess['onStderr']> {
    return this.#held.onStderr(listener);
  }

  isAlive(): boolean {
    return this.#held.isAlive();
  }

  async kill(graceMs: number): Promise<ProcessExit> {
    await this.#held.kill(graceMs);
    return this.exited;
  }

  dispose(): void {
    this.#held.dispose();
  }
}
