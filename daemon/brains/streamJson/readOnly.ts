import { realpathSync } from 'node:fs';
import { isIP } from 'node:net';
import { basename, dirname, join, resolve } from 'node:path';
import type { BrainSpec } from '../contract.js';
import { asObject, asString, type Json } from './json.js';
import { questionTool } from './tools.js';

/** Where a brain is, whose paths may begin there or with a tilde. */
export type Standing = Pick<BrainSpec, 'cwd' | 'env'>;

/** Whether one argument of a tool is one that only reads. */
type Check = (value: unknown, at: Standing) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) =>
  typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value));
const isSwitch: Check = (value) => typeof value === 'boolean' || value === 'true' || value === 'false';
const isAny: Check = () => true;

/** A word that a program behind the tool could not take for an option. */
const isWord: Check = (value) => typeof value === 'string' && !value.startsWith('-');

/** What is made up by the kernel tells of processes, their variables included, or does something when it is read. */
const machineFolders = ['/proc', '/sys', '/dev'];

const isMachine = (path: string): boolean =>
  machineFolders.some((folder) => path === folder || path.startsWith(`${folder}/`));

/** Longest path that the system takes, in bytes. */
const longestPath = 4096;

const isFile: Check = (value, at) => {
  if (typeof value !== 'string' || value.startsWith('-') || value.length > longestPath) return false;
  // Claude Code takes away the spaces around it.
  const path = value.trim();
  const whole = path.startsWith('~/') ? join(at.env['HOME'] ?? '/', path.slice(2)) : resolve(at.cwd, path);
  // Wherever it starts from, it leads up to the root at most.
  return !isMachine(resolve('/', path)) && !isMachine(realPlace(whole));
};

/** Where links lead, of which a repository can have any; for a path that is not there, where its folders lead. */
function realPlace(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realPlace(folder), basename(path));
  }
}

/** What answers on this machine and around it may do things when it is asked for something. */
const isPublicUrl: Check = (value) => {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname, username } = new URL(value);
  if (!/^https?:$/.test(protocol) || username !== '') return false;
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  // An address is no name of a page, whichever way it is written.
  return (
    isIP(host) === 0 && host.includes('.') && !/(^|\.)(localhost|local|internal|lan|home|arpa)$/i.test(host)
  );
};

/**
 * The tools an `ask` may use, and the arguments it may give them. Each reads, or asks the human. Left out on purpose:
 * Bash (no list of harmless commands is safe), Agent and Task (their `isolation: worktree` writes), Skill (runs commands
 * from the repository), the plan and todo tools (they write files of their own). An argument that is not known here is
 * refused with its tool: a later release of a brain may have given it a meaning.
 */
const readings: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  Read: { file_path: isFile, offset: isNumber, limit: isNumber, pages: isWord },
  Glob: { pattern: isFile, path: isFile },
  Grep: {
    ...{ pattern: isText, path: isFile, glob: isWord, type: isWord, output_mode: isWord },
    ...{ '-A': isNumber, '-B': isNumber, '-C': isNumber, context: isNumber },
    ...{ '-n': isSwitch, '-i': isSwitch, '-o': isSwitch, multiline: isSwitch },
    ...{ head_limit: isNumber, offset: isNumber },
  },
  LS: { path: isFile, ignore: isAny },
  NotebookRead: { notebook_path: isFile, cell_id: isWord },
  WebFetch: { url: isPublicUrl, prompt: isText },
  WebSearch: { query: isText, allowed_domains: isAny, blocked_domains: isAny },
  [questionTool]: { questions: isAny, answers: isAny, annotations: isAny, metadata: isAny },
};

/** The names of the tools an `ask` may use. */
export const readOnlyTools: ReadonlySet<string> = new Set(Object.keys(readings));

/** Whether a tool reads only, with these arguments. */
export function readsOnly(tool: string | undefined, input: unknown, at: Standing): boolean {
  const checks = tool !== undefined && Object.hasOwn(readings, tool) ? readings[tool] : undefined;
  const given = asObject(input);
  if (!checks || !given) return false;
  return Object.entries(given).every(
    ([name, value]) =>
      value === undefined || (Object.hasOwn(checks, name) && checks[name]?.(value, at) === true),
  );
}

/** What an `ask` is told when it tries more. */
export const readOnlyReason =
  'This is an ask: it may read and answer, and change nothing. Say what you would change instead.';

/** Name under which the denying hook is registered; the brain repeats it in every call. */
const readOnlyHook = 'khlone-read-only';

/** The hooks an `ask` registers when its process starts. */
export const readOnlyHooks: Json = {
  PreToolUse: [{ matcher: '*', hookCallbackIds: [readOnlyHook] }],
};

/** The answer to a call of the hook: nothing to say of a reading tool, a denial of any other. */
export function answerReadOnlyHook(call: Json | undefined, at: Standing): Json {
  if (readsOnly(asString(call?.['tool_name']), call?.['tool_input'], at)) return {};
  return {
    hookSpecificOutput: {
      hookEventName: 'PreToolUse',
      permissionDecision: 'deny',
      permissionDecisionReason: readOnlyReason,
    },
  };
}
