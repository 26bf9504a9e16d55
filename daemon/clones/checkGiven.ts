import type { TerminalSettings } from '../../protocol/shapes/clone.js';
import { patternProblem } from '../streams/screen/pattern.js';
import { badParam } from './badParam.js';
import type { Variables } from './environment.js';

/** Most labels of a clone or task: they are told with it, and an answer has to fit a frame. */
const maxLabels = 64;

/** Longest argument or variable that Linux hands to a program, in bytes, the closing zero included (MAX_ARG_STRLEN). */
const maxArgumentBytes = 131_072;

/** Longest brief in bytes: it becomes one argument, together with its flag and what an ask is told. */
const maxBriefBytes = maxArgumentBytes - 1024;

/** What a client gives that a clone's or task's schema cannot bound. */
export interface Given {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly brief?: string | undefined;
  readonly env?: Variables | undefined;
  readonly command?: readonly string[] | undefined;
  readonly terminal?: TerminalSettings | undefined;
  /** Whether its brain is a program of the client's choice, of which only the screen tells when it is done. */
  readonly runs?: boolean;
}

/**
 * Refuses what has the right shape and could never be used.
 * @throws invalidParams
 */
export function checkGiven({ labels, brief, env, command, terminal, runs = false }: Given): void {
  if (Object.keys(labels ?? {}).length > maxLabels)
    throw badParam('labels', `has more than ${maxLabels} members`);
  if (brief !== undefined && Buffer.byteLength(brief) > maxBriefBytes) {
    throw badParam('brief', `is longer than ${maxBriefBytes} bytes`);
  }
  for (const [name, value] of Object.entries(env ?? {})) checkVariable(name, value);
  if (command) checkCommand(command);
  if (terminal) checkTerminal(terminal, runs);
}

/** khlone sets its own variables for a brain; a client that sets them could hand out the socket. */
function checkVariable(name: string, value: string): void {
  if (name.startsWith('KHLONE_') && !name.startsWith('KHLONE_DEMO_')) {
    throw badParam(`env.${name}`, 'is set by khlone itself; grantSocket lets a brain reach the daemon');
  }
  if (Buffer.byteLength(`${name}=${value}`) >= maxArgumentBytes) {
    throw badParam(`env.${name}`, 'is longer than a program can be given');
  }
}

function checkCommand(command: readonly string[]): void {
  if (command[0] === '') throw badParam('command[0]', 'is empty');
  for (const [index, argument] of command.entries()) {
    if (argument.includes('\0')) throw badParam(`command[${index}]`, 'has a zero character in it');
  }
  // It is told with the clone, and an answer has to fit a frame.
  const bytes = command.reduce((sum, argument) => sum + Buffer.byteLength(argument) + 1, 0);
  if (bytes > maxArgumentBytes) throw badParam('command', `is longer than ${maxArgumentBytes} bytes`);
}

function checkTerminal({ prompt, quietMs }: TerminalSettings, runs: boolean): void {
  if (!runs && (prompt !== undefined || quietMs !== undefined)) {
    const member = prompt === undefined ? 'quietMs' : 'prompt';
    throw badParam(
      `terminal.${member}`,
      'is for the brain command: others say themselves when a turn is over',
    );
  }
  const problem = prompt === undefined ? undefined : patternProblem(prompt);
  if (problem !== undefined) throw badParam('terminal.prompt', `is no regular expression: ${problem}`);
}
