import type { Command } from 'commander';
import type { Context } from '../context.js';
import type { Finding } from '../doctor/check.js';
import { withExamples, type Bind } from '../declare.js';
import { oneLine } from '../render/sanitize.js';

/** `khlone doctor` */
export function define(command: Command, bind: Bind): void {
  withExamples(command, ['khlone doctor', 'khlone doctor --json']);
  command.action(
    bind(async (context) => {
      const { out } = context;
      const findings = await examine(context);
      const failed = findings.filter(({ status }) => status === 'fail').length;
      if (out.json) out.object({ ok: failed === 0, checks: findings });
      else out.write(render(findings, context));
      return failed === 0 ? 'done' : 'failed';
    }),
  );
}

async function examine(context: Context): Promise<Finding[]> {
  const { checkBrains, checkInstalled } = await import('../doctor/installed.js');
  const { checkZone } = await import('../doctor/zone.js');
  const [brains, zone] = await Promise.all([checkBrains(context.env), checkZone(context)]);
  return [...checkInstalled(), ...brains, ...zone];
}

function render(findings: readonly Finding[], { out }: Context): string {
  const { style } = out.results;
  const signs = {
    ok: style.green(style.symbols.done),
    warn: style.yellow('!'),
    fail: style.red(style.symbols.failed),
  };
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.map(({ name, status, detail, next }) => {
    const advice = next === undefined ? '' : `\n  ${' '.repeat(width)}  next: ${oneLine(next)}`;
    return `${signs[status]} ${name.padEnd(width)}  ${oneLine(detail)}${advice}\n`;
  });
  const failed = findings.filter(({ status }) => status === 'fail').length;
  const verdict = failed === 0 ? 'All that khlone needs is in order.' : `${failed} to mend.`;
  return `${lines.join('')}\n${style.bold(verdict)}\n`;
}
