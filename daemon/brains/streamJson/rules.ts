import { isAbsolute, relative, resolve, sep } from 'node:path';
import { asString, type Json, objectsOf } from './json.js';

/** A permission rule as the brain's own lines hold it. */
export interface Rule {
  readonly toolName: string;
  readonly ruleContent?: string;
}

const editingTools = new Set(['Write', 'Edit', 'MultiEdit', 'NotebookEdit']);

/** `Tool` or `Tool(content)`, as `--allowedTools` takes it. */
export const ruleNotation = (rule: Rule): string =>
  rule.ruleContent === undefined ? rule.toolName : `${rule.toolName}(${rule.ruleContent})`;

/**
 * What "always" grants: the rules the brain itself suggests, else the narrowest that fits. A bare
 * `Write` would let files outside the working directory be written, and a bare `Bash` run anything.
 */
export function lastingRules(tool: string, request: Json, cwd: string): Rule[] {
  const suggested = objectsOf(request['permission_suggestions'])
    .filter((suggestion) => suggestion['type'] === 'addRules' && suggestion['behavior'] === 'allow')
    .flatMap((suggestion) => objectsOf(suggestion['rules']))
    .flatMap((rule): Rule[] => {
      const toolName = asString(rule['toolName']);
      const ruleContent = asString(rule['ruleContent']);
      if (toolName === undefined) return [];
      return [ruleContent === undefined ? { toolName } : { toolName, ruleContent }];
    });
  if (suggested.length > 0) return suggested;
  const input = objectsOf([request['input']])[0] ?? {};
  if (editingTools.has(tool)) {
    const file = asString(input['file_path']) ?? asString(input['notebook_path']);
    return file === undefined ? [] : [{ toolName: 'Edit', ruleContent: editPattern(file, cwd) }];
  }
  if (tool === 'Bash') {
    const command = asString(input['command']);
    // A star in a rule is a wildcard, so such a command cannot be granted by name.
    return command === undefined || command.includes('*') ? [] : [{ toolName: tool, ruleContent: command }];
  }
  return [{ toolName: tool }];
}

/** `Edit(./**)` is every edit below the working directory; two slashes begin an absolute path. */
function editPattern(file: string, cwd: string): string {
  const absolute = resolve(cwd, file);
  const within = relative(cwd, absolute);
  const outside = within === '' || within === '..' || within.startsWith(`..${sep}`) || isAbsolute(within);
  return outside ? `/${absolute}` : './**';
}
