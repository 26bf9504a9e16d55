import type { KhloneError } from '../../protocol/error.js';
import type { TerminalSettings } from '../../protocol/shapes/clone.js';
import type { HeldLimits, HeldProcess, HeldSize, HeldTerminal, ProcessExit } from '../holder/contract.js';
import type { Disposable } from '../lifecycle.js';
import type { SandboxKind, SandboxNeeds } from '../sandbox/contract.js';
import type { Terminal } from '../streams/contract.js';

/** What a supplier's brains can do; a method that needs one of these refuses when it is false. */
export interface BrainCapabilities {
  readonly dispatch: boolean;
  readonly ask: boolean;
  readonly talk: boolean;
  readonly approvals: boolean;
  readonly steer: boolean;
  readonly fork: boolean;
  readonly usage: boolean;
}

/** The variables a brain runs with; complete, nothing is inherited from the daemon. */
export type BrainEnvironment = Readonly<Record<string, string>>;

/** Where a brain's program is, and what it says of itself. */
export interface BrainProgram {
  readonly program: string;
  readonly version: string;
}

/** A program of the user's choice, and its arguments. */
export interface CommandLine {
  readonly command: readonly string[];
  /** What a relative path starts from. */
  readonly cwd: string;
}

/** Bounds of a conversation's process; what is left out has its default. */
export interface BrainLimits extends HeldLimits {
  /** Silence in mid-turn that ends it, in ms. */
  readonly stallMs?: number | undefined;
  /** From SIGTERM to SIGKILL, in ms. */
  readonly graceMs?: number | undefined;
}

/** What a conversation's process is started with. Two equal specs can share one warm process. */
export interface BrainSpec {
  /** The clone's name, for messages and the brain's own environment. */
  readonly clone: string;
  readonly posture: 'act' | 'ask' | 'talk';
  /** Of an ask: whether it may run where there is no sandbox. Default: it may. */
  readonly sandbox?: 'require' | 'prefer';
  readonly cwd: string;
  readonly env: BrainEnvironment;
  /** UUID chosen by khlone. */
  readonly conversation: string;
  /**
   * Of an ask: it runs on a branch of the conversation, beside the process that has it, and nothing of it is kept. A
   * brain whose capabilities have no `fork` is never given it.
   */
  readonly aside?: boolean;
  /** Whether the conversation exists already as far as khlone knows; suppliers cope with either being wrong. */
  readonly begun: boolean;
  readonly model?: string;
  /** Standing instructions, appended to the brain's own system prompt. */
  readonly brief?: string;
  /** Edits inside the zone need no approval (`acceptEdits`), or every request is asked (`ask`). */
  readonly edits: 'ask' | 'accept';
  /** Permission rules granted for the clone's life, in the supplier's own notation. */
  readonly grants: readonly string[];
  /** The program and its arguments, for suppliers that run any. */
  readonly command?: readonly string[];
  readonly terminal?: TerminalSettings;
  readonly limits?: BrainLimits;
}

/** Tokens and cost of one model within a turn, as the brain reports them. */
export interface ModelUsage {
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheWriteTokens: number;
  readonly cacheReadTokens: number;
  /** US dollars. */
  readonly costUsd: number;
}

/** One option of a question. */
export interface QuestionOption {
  readonly label: string;
  readonly description?: string;
}

/** A question of the brain to a human. */
export interface Question {
  readonly question: string;
  readonly header?: string;
  readonly options: readonly QuestionOption[];
  readonly multiSelect: boolean;
}

/** What a brain waits for a human to decide. */
export type ApprovalRequest =
  | {
      readonly kind: 'tool';
      /** The supplier's handle for the answer. */
      readonly request: string;
      readonly tool: string;
      readonly input: unknown;
      /** One line for a human. */
      readonly title: string;
      /** What `allowAlways` would grant, in the supplier's notation; empty when it can grant nothing lasting. */
      readonly grants: readonly string[];
    }
  | {
      readonly kind: 'question';
      readonly request: string;
      readonly tool: string;
      readonly input: unknown;
      readonly title: string;
      readonly questions: readonly Question[];
    };

/** The answer to an approval request. */
export type ApprovalAnswer =
  | { readonly decision: 'allow' | 'allowAlways'; readonly answers?: Readonly<Record<string, string>> }
  | { readonly decision: 'deny'; readonly message: string };

/** How a turn ended. */
export type TurnOutcome =
  | { readonly status: 'done'; readonly text: string }
  /** The turn was ended on request, by `interrupt` or `kill`. */
  | { readonly status: 'interrupted'; readonly text: string }
  | { readonly status: 'failed'; readonly error: KhloneError; readonly text: string };

/** Everything a brain says, in order. One turn ends with exactly one `turn.finished`, whatever happens to the process. */
export type BrainOutput =
  /** The process took up the turn: from here on the conversation exists. */
  | { readonly type: 'turn.accepted' }
  /** A piece of a message's text; `offset` counts UTF-16 units from the message's start. Live only. */
  | {
      readonly type: 'message.delta';
      readonly message: string;
      readonly offset: number;
      readonly text: string;
    }
  | { readonly type: 'message.completed'; readonly message: string; readonly text: string }
  /** What a human said in the brain's own terminal. */
  | { readonly type: 'message.typed'; readonly message: string; readonly text: string }
  /** In its own terminal, where turns are begun by hand: whether one is on. */
  | { readonly type: 'talk.turn'; readonly on: boolean }
  /** In its own terminal: whether the turn that is on waits there for a human's word. */
  | { readonly type: 'talk.asks'; readonly on: boolean }
  /** In its own terminal, a human went to another conversation; `begun` as in BrainSpec. */
  | { readonly type: 'talk.moved'; readonly conversation: string; readonly begun: boolean }
  | {
      readonly type: 'tool.started';
      readonly tool: string;
      readonly name: string;
      readonly title: string;
      readonly input: unknown;
      /** The tool (a subagent) within which this one runs. */
      readonly parent?: string;
    }
  | {
      readonly type: 'tool.finished';
      readonly tool: string;
      readonly failed: boolean;
      readonly output: string;
    }
  | { readonly type: 'approval.requested'; readonly approval: ApprovalRequest }
  /** The brain no longer waits for this answer. */
  | { readonly type: 'approval.withdrawn'; readonly request: string }
  /** What the turn has used so far, by model; the cost is known at its end only. Live only. */
  | { readonly type: 'usage.grown'; readonly usage: readonly ModelUsage[] }
  /** Something the brain did against its own protocol and that was survived. */
  | { readonly type: 'fault'; readonly reason: string }
  | { readonly type: 'turn.finished'; readonly outcome: TurnOutcome; readonly usage: readonly ModelUsage[] };

/** What is told of a conversation once, and not again by a daemon that takes it up. */
export type ToldOutput = Extract<
  BrainOutput,
  { type: 'message.completed' | 'message.typed' | 'tool.started' | 'tool.finished' }
>;

/** A place in what a brain's process put out: the end of a line, and how many of the outputs it gave. */
export interface Place {
  readonly at: number;
  readonly nth: number;
}

/** From where a turn can be followed in what its process puts out, by a later daemon too. */
export interface TurnPoint {
  /** Names the process's run. */
  readonly run: string;
  /** Offset in its output from which on it tells of the turn. */
  readonly from: number;
  /** What the supplier needs beside; it outlives JSON. */
  readonly point: unknown;
}

/**
 * Is told each time that a process is about to be given the turn, and writes that down: what it was given and is not
 * written down would be done twice. Undefined says that no later daemon can follow it.
 * @throws storageFailed: then the process is not given it, and the turn fails
 */
export type NotePoint = (point: TurnPoint | undefined) => void;

/** A turn that an earlier daemon began, as a brain goes on with it. */
export interface RiddenTurn {
  readonly say: string;
  /** As in its TurnPoint. */
  readonly from: number;
  readonly point: unknown;
  readonly note: NotePoint;
}

/** A process that an earlier daemon has left in mid-turn. */
export type LeftProcess =
  | { readonly kind: 'pipes'; readonly held: HeldProcess }
  | { readonly kind: 'terminal'; readonly held: HeldTerminal };

/** One process holding one conversation. */
export interface Brain {
  /** What stands around its process, where that is an ask's. */
  readonly sandbox?: SandboxKind | undefined;
  /** Its terminal, where it runs in one: what streams attach to and detach from. */
  readonly terminal?: Terminal;
  /** Of one that was taken up: resolves once it has told all that an earlier daemon may have heard. Never rejects. */
  readonly takenUp?: Promise<void> | undefined;
  /** While it tells something: where in its process's output that was said, if it was said there. */
  readonly place?: Place | undefined;
  /** Of one whose process has ended: whether it had used up the memory that it may use. */
  readonly outOfMemory?: boolean | undefined;
  /**
   * Begins a turn; at most one at a time. Its end is a `turn.finished`, also when the process
   * dies, is silent past its deadlines, or never took the turn.
   */
  send(say: string, note?: NotePoint): void;
  /** The end of its turn is on disk: what it said in it need not be kept for a later daemon. */
  settled?(): void;
  /** Takes up settings of its terminal that were changed since it was started; a first size is none of its any more. */
  adjust?(terminal: TerminalSettings): void;
  /** Hears everything the brain says; delivery is in order and synchronous. */
  output(listener: (output: BrainOutput) => void): Disposable;
  /** Answers an approval; an unknown or withdrawn request is ignored. */
  respond(request: string, answer: ApprovalAnswer): void;
  /** Asks the brain to end its turn and keep the conversation; a brain that does not obey within its deadline is ended. */
  interrupt(): void;
  /** Resolves when the process has ended. Never rejects. */
  await(): Promise<ProcessExit>;
  isAlive(): boolean;
  /** Ends the process: gently at rest, then with signals. Resolves when nothing of it is left. */
  kill(): Promise<ProcessExit>;
}

/** What an ask of a brain needs of the machine, and what is done once its process is gone. */
export interface AskPlaces {
  readonly needs: SandboxNeeds;
  settle(): void;
}

/** A kind of brain: how to find it, start it and speak with it. */
export interface BrainSupplier {
  readonly name: string;
  readonly summary: string;
  readonly capabilities: BrainCapabilities;
  /**
   * Whether a secret of this name, which the enrolling client happened to have, is one that the brain runs on: a
   * clone that had it does not start without. Others are passed on where a client has them.
   */
  runsOn(secret: string, env: BrainEnvironment): boolean;
  /** Whether one process serves `act` and `talk` alike, as a program does that has nothing but its terminal. */
  readonly sharesTerminal: boolean;
  /**
   * Finds the program on the environment's PATH; `run` is what the clone is enrolled with, where that is a command.
   * @throws brainMissing, with the install command; invalidParams where a command is missing or not wanted
   */
  probe(env: BrainEnvironment, run?: CommandLine): Promise<BrainProgram>;
  /**
   * Starts a process on the conversation. What goes wrong later is told by `turn.finished`.
   * In the posture `talk`, and always where `sharesTerminal`, it has a terminal, of this size at first.
   * @throws brainMissing, capabilityMissing, sandboxMissing
   */
  spawn(spec: BrainSpec, size?: HeldSize): Promise<Brain>;
  /** The file in which its program keeps a conversation; undefined where there is none, missing where it keeps none. */
  transcript?(of: Pick<BrainSpec, 'conversation' | 'cwd' | 'env'>): string | undefined;
  /**
   * Takes up a process in the turn that an earlier daemon gave it; missing where that cannot be. What it tells begins with
   * what it said first in the turn.
   */
  ride?(spec: BrainSpec, left: LeftProcess, turn: RiddenTurn): Brain;
  /**
   * What an ask of such a clone needs beside the zone, for whoever wants to run something else as an ask would run;
   * `settle` takes it away. Missing where it cannot ask.
   */
  askPlaces?(spec: BrainSpec): AskPlaces;
  /**
   * Takes up a terminal that an earlier daemon started by `spawn`; missing where it has none. `told` says whether
   * an output is in the history already.
   */
  adopt?(spec: BrainSpec, held: HeldTerminal, told: (output: ToldOutput) => boolean): Brain;
}
