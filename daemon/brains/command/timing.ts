/** How long a program in a terminal is watched for each sign. All in milliseconds. */
export interface CommandTiming {
  /** Quiet after its first output, before a program counts as started. */
  readonly startMs: number;
  /** From its start until it is typed into, ready or not. */
  readonly readyMs: number;
  /** Quiet after the echo of what was typed, before Enter. */
  readonly echoMs: number;
  /** Until Enter where nothing is echoed. */
  readonly silentEchoMs: number;
  /** Quiet before a prompt counts: what only looks like one is mostly followed by more. */
  readonly promptMs: number;
  /** Quiet that ends a turn, where the clone does not say. */
  readonly quietMs: number;
  /** From Ctrl-C until the turn counts as interrupted, whatever the program does. */
  readonly interruptMs: number;
  /** Until the screen of a program that was taken up is drawn anew, with those of many others. */
  readonly drawMs: number;
  /** Until an answer of the screen is done without. */
  readonly screenMs: number;
  /** From the hang-up to SIGKILL. */
  readonly graceMs: number;
}

export const defaultTiming: CommandTiming = {
  startMs: 150,
  readyMs: 10_000,
  echoMs: 25,
  silentEchoMs: 300,
  promptMs: 50,
  quietMs: 1_000,
  interruptMs: 5_000,
  drawMs: 120_000,
  screenMs: 5_000,
  graceMs: 5_000,
};
