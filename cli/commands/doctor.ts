import type { Command } from 'commander';
import type { Context } from '../context.js';
import type { Finding, Mendable } from '../doctor/check.js';
import { withExamples, type Bind } from '../declare.js';
import { usageError } from '../failure.js';
import { oneLine } from '../render/sanitize.js';

interface Options {
  readonly fix?: true;
  readonly allZones?: true;
}

/** `khlone doctor` */
export function define(command: Command, bind: Bind): void {
  command
    .option('--fix', 'remove what crashes left: dead sockets, half removed state')
    .option(
      '--all-zones',
      'with --fix: also end holders no daemon will take up, and forget zones that are gone',
    );
  withExamples(command, ['khlone doctor', 'khlone doctor --fix', 'khlone doctor --json']);
  command.action(
    bind<Options>(async (context, { options: { fix, allZones } }) => {
      if (allZones === true && fix !== true) {
        throw usageError('--all-zones says what --fix may mend', 'Run `khlone doctor --fix --all-zones`.');
      }
      const { out } = context;
      const found = await examine(context);
      const scopes = fix !== true ? [] : allZones === true ? ['always', 'allZones'] : ['always'];
      const findings: Finding[] = [];
      for (const finding of found) findings.push(await mended(finding, scopes));
      const failed = findings.filter(({ status }) => status === 'fail').length;
      if (out.json) out.object({ ok: failed === 0, checks: findings });
      else out.write(render(findings, context));
      return failed === 0 ? 'done' : 'failed';
    }),
  );
}

/** Mends a finding where that is asked for; answers with what it then is. */
async function mended(finding: Finding | Mendable, scopes: readonly string[]): Promise<Finding> {
  if (!('mend' in finding)) return finding;
  const { mend, scope, ...plain } = finding;
  if (!scopes.includes(scope)) return plain;
  const { name, detail } = plain;
  try {
    const done = await mend();
    if (done !== undefined) return { name, status: 'mended', detail: done };
    return { ...plain, detail: `${detail}; a daemon has its lock just now` };
  } catch (error) {
    return {
      ...plain,
      status: 'fail',
      detail: `${detail}; it could not be mended: ${(error as Error).message}`,
    };
  }
}

async function examine(context: Context): Promise<(Finding | Mendable)[]> {
  const { checkBrains, checkInstalled } = await import('../doctor/installed.js');
  const { checkZone } = await import('../doctor/zone.js');
  const { checkLeftovers } = await import('../doctor/leftovers.js');
  const [brains, zone] = await Promise.all([checkBrains(context.env), checkZone(context)]);
  return [...checkInstalled(), ...brains, ...zone, ...(await checkLeftovers(context.env))];
}

function render(findings: readonly Finding[], { out }: Context): string {
  const { style } = out.results;
  const signs = {
    ok: style.green(style.symbols.done),
    warn: style.yellow('!'),
    mended: style.green(style.symbols.done),
    fail: style.red(style.symbols.failed),
  };
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.map(({ name, status, detail, next }) => {
    const advice = next === undefined ? '' : `\n  ${' '.repeat(width)}  next: ${oneLine(next)}`;
    return `${signs[status]} ${name.padEnd(width)}  ${status === 'mended' ? 'mended: ' : ''}${oneLine(detail)}${advice}\n`;
  });
  const failed = findings.filter(({ status }) => status === 'fail').length;
  const verdict = failed === 0 ? 'All that khlone needs is in order.' : `${failed} to mend.`;
  return `${lines.join('')}\n${style.bold(verdict)}\n`;
}
