import type { Model } from '../model.js';
import { doc, doNotEdit, typeOf } from '../typescript.js';

/** `protocol/generated/errors.ts`: the registry as plain values, for whoever must not load zod. */
export function emitErrors({ errors }: Model): string {
  const rows = errors.map(
    ({ kind, code, message, hint, retryable }) =>
      `${kind}: ${JSON.stringify({ code, message, hint, retryable })},\n`,
  );
  const details = errors.map(({ kind, message, details: schema }) => {
    const none = Object.keys(schema.properties ?? {}).length === 0;
    return `${doc(message)}${kind}: ${none ? 'Record<string, never>' : typeOf(schema)};\n`;
  });
  return [
    doNotEdit,
    `/** Every error by kind. \`{member}\` in a text is filled from the details. */\nexport const errorRows = {\n${rows.join('')}} as const;\n`,
    `\n/** The typed details of every kind. */\nexport interface DetailsByKind {\n${details.join('')}}\n`,
    `\n/** The kinds of the registry. */\nexport type ErrorKind = keyof DetailsByKind;\n`,
    `\n/** The typed details of one kind. */\nexport type ErrorDetails<K extends ErrorKind> = DetailsByKind[K];\n`,
  ].join('');
}
