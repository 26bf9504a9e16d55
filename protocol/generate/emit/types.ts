import type { Model } from '../model.js';
import { declaration, doNotEdit } from '../typescript.js';

/** `protocol/generated/types.ts`: an interface for every shape, and the params and result of every method. */
export function emitTypes({ definitions, rows, errors, events }: Model): string {
  const data = new Set(errors.map(({ definition }) => definition));
  const words = new Map(
    rows.flatMap(({ row, params, result }): [string, string][] => [
      [params, `Params of \`${row.name}\`.`],
      [result ?? '', `Result of \`${row.name}\`.`],
    ]),
  );
  const declarations = Object.keys(definitions)
    .filter((name) => !data.has(name))
    .map((name) => declaration(name, definitions, words.get(name)))
    .filter((text) => text !== undefined);

  const methods = rows.map(
    ({ row, params, result }) =>
      `${JSON.stringify(row.name)}: { params: ${params}; result: ${result ?? 'undefined'} };\n`,
  );
  return [
    doNotEdit,
    declarations.join('\n'),
    `\n/** The names of all event types. */\nexport type EventType = ${events.map((type) => JSON.stringify(type)).join(' | ')};\n`,
    `\n/** Params and result of every method; a notification has no result. */\nexport interface Methods {\n${methods.join('')}}\n`,
  ].join('');
}

/** `client/generated/types.ts`: the same types, where the client's own modules look for them. */
export function emitClientTypes(): string {
  return `${doNotEdit}export type * from '../../protocol/generated/types.js';\n`;
}
