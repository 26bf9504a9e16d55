import type { BrainSpec } from '../contract.js';
import { readOnlyTools } from './readOnly.js';

/** Whether a process begins its conversation or goes on with it. */
export type Opening = 'new' | 'resume';

/** What an ask is told beside the clone's brief. */
const askNote = 'This is an ask: read and answer only. Every tool that changes anything is refused.';

const ruleName = (grant: string): string => grant.replace(/\(.*$/s, '');

const openingArg = ({ conversation }: BrainSpec, opening: Opening): string =>
  opening === 'new' ? `--session-id=${conversation}` : `--resume=${conversation}`;

/** A branch of which nothing is written; of a conversation that has not begun there is nothing to branch from. */
const branchArgs = (spec: BrainSpec, opening: Opening): string[] => [
  ...(opening === 'new' ? [] : [openingArg(spec, opening), '--fork-session']),
  '--no-session-persistence',
];

/** The part of a command line that says which conversation it is, and what its brain may do there. */
export function conversationArgs(spec: BrainSpec, opening: Opening): string[] {
  const asking = spec.posture === 'ask';
  const brief = [spec.brief, asking ? askNote : undefined].filter((part) => part !== undefined).join('\n\n');
  const grants = asking ? spec.grants.filter((grant) => readOnlyTools.has(ruleName(grant))) : spec.grants;
  return [
    // Said always: the user's settings may hold a looser default.
    `--permission-mode=${!asking && spec.edits === 'accept' ? 'acceptEdits' : 'default'}`,
    ...(spec.aside ? branchArgs(spec, opening) : [openingArg(spec, opening)]),
    ...(spec.model === undefined ? [] : [`--model=${spec.model}`]),
    ...(brief === '' ? [] : [`--append-system-prompt=${brief}`]),
    ...grants.map((grant) => `--allowedTools=${grant}`),
  ];
}

/** The command line of a brain that speaks stream-json. An ask gets only reading tools. */
export function streamJsonArgs(spec: BrainSpec, opening: Opening): string[] {
  return [
    '-p',
    '--input-format=stream-json',
    '--output-format=stream-json',
    '--verbose',
    '--include-partial-messages',
    '--replay-user-messages',
    '--permission-prompt-tool=stdio',
    ...conversationArgs(spec, opening),
    ...(spec.posture === 'ask' ? [`--tools=${[...readOnlyTools].join(',')}`] : []),
  ];
}
