import type { Model, RowModel } from '../model.js';
import { doc, doNotEdit } from '../typescript.js';

const words = ({ row }: RowModel): string =>
  row.kind === 'request' && row.errors.length > 0
    ? `${row.summary}\nMay fail with ${row.errors.join(', ')}.`
    : row.summary;

/** `daemon/rpc/generated/handlers.ts`: what the daemon must answer and may send; a missing handler does not compile. */
export function emitHandlers({ rows }: Model): string {
  const requests = rows.filter(({ row }) => row.kind === 'request');
  const notifications = rows.filter(({ row }) => row.kind === 'notification');
  const handlers = requests.map((row) => {
    const name = JSON.stringify(row.row.name);
    return `${doc(words(row))}${name}(params: Params<${name}>, context: Context): Promise<Result<${name}>>;\n`;
  });
  const messages = notifications.map((row) => {
    const name = JSON.stringify(row.row.name);
    return `${doc(words(row))}${name}: z.input<Extract<(typeof table)[number], { name: ${name} }>['params']>;\n`;
  });
  return [
    doNotEdit,
    `import type { z } from 'zod';\nimport type { Params, Result, table } from '../../../protocol/table.js';\n\n`,
    `/** One handler for every call; \`Context\` is what the daemon knows of the caller. */\nexport interface Handlers<Context> {\n${handlers.join('\n')}}\n\n`,
    `/** The params of every message the daemon sends on its own. */\nexport interface Notifications {\n${messages.join('\n')}}\n`,
  ].join('');
}
