import type { Runnable, SandboxPlan } from './contract.js';

/** Where macOS has it. */
export const sandboxExec = '/usr/bin/sandbox-exec';

/** Its own folders for temporary files: `/tmp` is a link there. */
const scratch = ['/private/tmp', '/private/var/tmp', '/private/var/folders'];

/**
 * The profile for a plan, in the language of `sandbox-exec`: the last rule that fits decides. Folders are not emptied
 * there but closed; temporary files are written where they always are, as there is no mount to do otherwise.
 */
export function sandboxProfile(plan: SandboxPlan): string {
  const folders = (paths: readonly string[]): string =>
    paths.map((path) => `(subpath ${quoted(path)})`).join(' ');
  const files = plan.dead.map((path) => `(literal ${quoted(path)})`).join(' ');
  const rule = (verdict: string, what: string, where: string): string[] =>
    where === '' ? [] : [`(${verdict} ${what} ${where})`];
  return [
    '(version 1)',
    '(allow default)',
    '(deny file-write*)',
    ...rule('allow', 'file-write*', folders(scratch)),
    '(allow file-write* (literal "/dev/null") (literal "/dev/zero") (literal "/dev/dtracehelper") (regex #"^/dev/tty"))',
    // What is kept may lie in a folder of temporary files.
    ...rule('deny', 'file-write*', folders(plan.kept)),
    ...rule('deny', 'file-read* file-write*', folders(plan.hidden)),
    ...rule('deny', 'file-read* file-write*', files),
    ...rule('allow', 'file-read* file-write*', folders(plan.writable.map(({ from }) => from))),
    '(deny network-outbound (remote unix-socket))',
    '(allow network-outbound (literal "/private/var/run/mDNSResponder"))',
    // Services that would write on its behalf, or let it do what its user can.
    '(deny mach-lookup (global-name "com.apple.SecurityServer") (global-name "com.apple.pasteboard.1"))',
    '(deny appleevent-send)',
    '(deny process-info* (target others))',
    '(deny signal (target others))',
    '(deny job-creation)',
  ].join('\n');
}

/** The command line of `sandbox-exec` for a plan. */
export function sandboxExecArgs(
  plan: SandboxPlan,
  { program, args }: Pick<Runnable, 'program' | 'args'>,
): string[] {
  return ['-p', sandboxProfile(plan), program, ...args];
}

/** A string of the profile's language. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
