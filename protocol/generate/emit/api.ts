import { membersOf, refName, refTo } from '../jsonSchema.js';
import { commonErrors } from '../../row.js';
import type { Model, RowModel } from '../model.js';
import { pascal } from '../names.js';
import { doc, doNotEdit } from '../typescript.js';

interface Call extends RowModel {
  readonly result: string;
}

/** Opening the conversation is the connection's own business. */
const isCall = (row: RowModel): row is Call => row.result !== undefined && row.row.name !== 'initialize';

/** `clone` for `clone/enroll`; empty for `ping`. */
const domainOf = ({ row }: Call): string => (row.name.includes('/') ? (row.name.split('/')[0] ?? '') : '');

/** The shape's own name where the result is nothing but that shape. */
const resultType = (call: Call, { definitions }: Model): string =>
  refName(definitions[call.result] ?? {}) ?? call.result;

function method(call: Call, model: Model): string {
  const { row, params } = call;
  const member = row.name.split(/[/.]/).at(-1) ?? row.name;
  const free = ![...membersOf(refTo(params), model.definitions).values()].some(({ required }) => required);
  const result =
    resultType(call, model) === 'JsonObject' ? 'Record<string, unknown>' : resultType(call, model);
  const words = [
    row.summary,
    '',
    `\`${row.name}\`, ${row.stability} since version ${row.since}.`,
    ...(row.kind === 'request' && row.errors.length > 0 ? [`Fails with ${row.errors.join(', ')}.`] : []),
  ].join('\n');
  return [
    doc(words),
    `${member}(params: ${params}${free ? ' = {}' : ''}, options?: CallOptions): Promise<${result}> {\n`,
    `return this.#caller.call(${JSON.stringify(row.name)}, params, options) as Promise<${result}>;\n}\n`,
  ].join('');
}

const constructorText = (members: readonly string[]): string =>
  [
    `readonly #caller: Caller;\n`,
    ...members.map(
      (domain) => `${doc(`The \`${domain}/…\` methods.`)}readonly ${domain}: ${pascal(domain)}Api;\n`,
    ),
    `\nconstructor(caller: Caller) {\nthis.#caller = caller;\n`,
    ...members.map((domain) => `this.${domain} = new ${pascal(domain)}Api(caller);\n`),
    `}\n`,
  ].join('');

/** `client/generated/api.ts`: one method for every call, grouped as their names are. */
export function emitApi(model: Model): string {
  const calls = model.rows.filter(isCall);
  const domains = [...new Set(calls.map(domainOf))].filter((domain) => domain !== '');
  const body = (domain: string): string =>
    calls
      .filter((call) => domainOf(call) === domain)
      .map((call) => `\n${method(call, model)}`)
      .join('');

  const types = new Set(calls.flatMap((call) => [call.params, resultType(call, model)]));
  types.delete('JsonObject');
  return [
    doNotEdit,
    `import type { Caller, CallOptions } from '../caller.js';\n`,
    `import type { ${[...types].sort().join(', ')} } from './types.js';\n\n`,
    ...domains.map(
      (domain) =>
        `/** The \`${domain}/…\` methods. */\nexport class ${pascal(domain)}Api {\n${constructorText([])}${body(domain)}}\n\n`,
    ),
    `${doc(`Every method of the protocol, over whatever carries its calls.\nBeside its own errors any call may fail with ${commonErrors.join(', ')}.`)}export class GeneratedApi {\n`,
    constructorText(domains),
    body(''),
    `}\n`,
  ].join('');
}
