import type { Json } from './json.js';
import { questionTool } from './tools.js';

/**
 * The tools an `ask` may use. Each reads, or asks the human. Left out on purpose: Bash (no list of
 * harmless commands is safe), Agent and Task (their `isolation: worktree` writes), Skill (runs
 * commands from the repository), the plan and todo tools (they write files of their own).
 */
export const readOnlyTools: ReadonlySet<string> = new Set([
  'Read',
  'Glob',
  'Grep',
  'LS',
  'NotebookRead',
  'WebFetch',
  'WebSearch',
  questionTool,
]);

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
export function answerReadOnlyHook(tool: string | undefined): Json {
  if (tool !== undefined && readOnlyTools.has(tool)) return {};
  return {
    hookSpecificOutput: {
      hookEventName: 'PreToolUse',
      permissionDecision: 'deny',
      permissionDecisionReason: readOnlyReason,
    },
  };
}
