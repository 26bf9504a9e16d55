import type {
  ApprovalAnswer,
  ApprovalRequest,
  Brain,
  BrainCapabilities,
  BrainOutput,
  BrainProgram,
  BrainSpec,
  BrainSupplier,
  ModelUsage,
  TurnOutcome,
} from '../../daemon/brains/contract.js';
import type { HeldSize, HeldTerminal, ProcessExit } from '../../daemon/holder/contract.js';
import { type Disposable, Emitter } from '../../daemon/lifecycle.js';
import type { Terminal } from '../../daemon/streams/contract.js';
import { fail } from '../../protocol/fail.js';
import type { StreamEnd } from '../../protocol/shapes/stream.js';

/** What a fake brain does with a turn; by default it takes it up and is done. */
export type Script = (brain: FakeBrain, say: string) => void;

/** Takes the turn up and says back what it was told. */
export const echo: Script = (brain, say) => {
  brain.emit({ type: 'turn.accepted' });
  brain.finish({ status: 'done', text: `echo ${say}` });
};

/** Takes the turn up and goes on with it until it is told otherwise. */
export const busy: Script = (brain) => brain.emit({ type: 'turn.accepted' });

/** A supplier whose brains live in this process and do what a test says. */
export class FakeSupplier implements BrainSupplier {
  readonly name = 'fake';
  readonly summary = 'In memory, for tests.';
  sharesTerminal = false;
  capabilities: BrainCapabilities = {
    dispatch: true,
    ask: true,
    talk: true,
    approvals: true,
    steer: false,
    fork: true,
    usage: true,
  };
  /** All that were started, in order. */
  readonly brains: FakeBrain[] = [];
  /** What new turns do. */
  script: Script = echo;
  /** While set, a start waits for it. */
  gate: Promise<void> | undefined;
  /** What a brain that is taken up waits for until it has told whether a turn is on. */
  takingUp: Promise<void> = Promise.resolve();
  /** While set, a start fails with it. */
  refusal: Error | undefined;
  readonly #spawned = new Emitter<void>();

  runsOn(secret: string): boolean {
    return secret.startsWith('FAKE_');
  }

  async probe(): Promise<BrainProgram> {
    await this.gate;
    return { program: '/nowhere/fake', version: '1' };
  }

  async spawn(spec: BrainSpec, size?: HeldSize): Promise<Brain> {
    const alive = this.brains.filter(
      (other) => other.isAlive() && other.spec.clone === spec.clone && !other.spec.aside,
    );
    if (!spec.aside && alive.length > 0)
      throw new Error(`two processes for the conversation of ${spec.clone}`);
    await this.gate;
    if (this.refusal) throw this.refusal;
    const talks = spec.posture === 'talk' || this.sharesTerminal;
    return this.#brain(spec, talks ? new FakeTerminal(size) : undefined);
  }

  adopt(spec: BrainSpec, held: HeldTerminal): Brain {
    const brain = this.#brain(spec, new FakeTerminal(held.size));
    brain.takenUp = this.takingUp;
    return brain;
  }

  #brain(spec: BrainSpec, terminal: FakeTerminal | undefined): FakeBrain {
    const brain = new FakeBrain(this, spec, terminal);
    this.brains.push(brain);
    this.#spawned.fire();
    return brain;
  }

  /** The `n`th brain (from 0), once it is started. */
  async brain(n: number): Promise<FakeBrain> {
    for (;;) {
      const brain = this.brains[n];
      if (brain) return brain;
      await next(this.#spawned);
    }
  }

  /** The `n`th brain (from 0), which is started already. */
  nth(n: number): FakeBrain {
    const brain = this.brains[n];
    if (!brain) throw new Error(`there is no brain ${n}`);
    return brain;
  }

  /** Everything said to any of its brains, in order. */
  get said(): string[] {
    return this.brains.flatMap((brain) => brain.said);
  }
}

/** A terminal that shows nothing: what a clone does with one. */
export class FakeTerminal {
  readonly size: HeldSize | undefined;
  /** Why it was said to end. */
  readonly endings: StreamEnd[] = [];
  readonly #output = new Emitter<void>();

  constructor(size: HeldSize | undefined) {
    this.size = size;
  }

  onOutput(listener: () => void): Disposable {
    return this.#output.on(listener);
  }

  ending(reason: StreamEnd): void {
    this.endings.push(reason);
  }

  /** Its screen moves. */
  move(): void {
    this.#output.fire();
  }
}

/** One process that is none. */
export class FakeBrain implements Brain {
  readonly spec: BrainSpec;
  readonly fakeTerminal: FakeTerminal | undefined;
  readonly terminal?: Terminal;
  takenUp: Promise<void> = Promise.resolve();
  readonly said: string[] = [];
  readonly answers: { request: string; answer: ApprovalAnswer }[] = [];
  interrupts = 0;
  outOfMemory = false;
  /** Whether it goes on with its turn when it is interrupted. */
  deaf = false;
  readonly #supplier: FakeSupplier;
  readonly #outputs = new Emitter<BrainOutput>();
  readonly #sent = new Emitter<void>();
  readonly #ended: Promise<ProcessExit>;
  #bury: (exit: ProcessExit) => void = () => {};
  #turn = false;
  #alive = true;

  constructor(supplier: FakeSupplier, spec: BrainSpec, terminal: FakeTerminal | undefined) {
    this.#supplier = supplier;
    this.spec = spec;
    this.fakeTerminal = terminal;
    if (terminal) this.terminal = terminal as unknown as Terminal;
    this.#ended = new Promise((resolve) => (this.#bury = resolve));
  }

  send(say: string): void {
    if (this.#turn) throw new Error('two turns at once');
    this.#turn = true;
    this.said.push(say);
    this.#sent.fire();
    if (this.#alive) this.#supplier.script(this, say);
    else this.finish(died());
  }

  output(listener: (output: BrainOutput) => void): Disposable {
    return this.#outputs.on(listener);
  }

  respond(request: string, answer: ApprovalAnswer): void {
    this.answers.push({ request, answer });
    this.#sent.fire();
  }

  interrupt(): void {
    this.interrupts += 1;
    this.#sent.fire();
    if (this.#turn && !this.deaf) this.finish({ status: 'interrupted', text: '' });
  }

  await(): Promise<ProcessExit> {
    return this.#ended;
  }

  isAlive(): boolean {
    return this.#alive;
  }

  kill(): Promise<ProcessExit> {
    this.#end({ status: 'interrupted', text: '' });
    return this.#ended;
  }

  /** The process ends by itself; nobody learns of it before its last words are said. */
  die(lastWords?: () => Promise<void>): void {
    this.#end(died(), lastWords);
  }

  emit(output: BrainOutput): void {
    this.#outputs.fire(output);
  }

  ask(approval: ApprovalRequest): void {
    this.emit({ type: 'approval.requested', approval });
  }

  /** Ends the turn that is on. */
  finish(outcome: TurnOutcome, usage: readonly ModelUsage[] = []): void {
    if (!this.#turn) return;
    this.#turn = false;
    this.emit({ type: 'turn.finished', outcome, usage });
  }

  /** Resolves when a condition holds; looked at after everything that reaches the brain. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await next(this.#sent);
  }

  #end(outcome: TurnOutcome, lastWords?: () => Promise<void>): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.finish(outcome);
    const exit = { code: null, signal: 'SIGKILL' } as const;
    if (lastWords) void lastWords().then(() => this.#bury(exit));
    else this.#bury(exit);
  }
}

/** How a turn ends whose process died. */
export function died(stderr = ''): TurnOutcome {
  return { status: 'failed', error: fail('brainDied', { ending: 'signal SIGKILL', stderr }), text: '' };
}

/** A request to use a tool. */
export function toolRequest(request: string, grants: readonly string[] = []): ApprovalRequest {
  return {
    kind: 'tool',
    request,
    tool: 'Write',
    input: { file_path: 'a.txt' },
    title: 'Write a.txt',
    grants,
  };
}

/** A question with one line to choose from. */
export function questionRequest(request: string, question: string): ApprovalRequest {
  const options = [{ label: 'red' }, { label: 'blue' }];
  return {
    kind: 'question',
    request,
    tool: 'AskUserQuestion',
    input: {},
    title: question,
    questions: [{ question, options, multiSelect: false }],
  };
}

function next(emitter: Emitter<void>): Promise<void> {
  return new Promise((resolve) => {
    const listening = emitter.on(() => {
      listening.dispose();
      resolve();
    });
  });
}
