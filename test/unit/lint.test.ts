import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Case {
  readonly file: string;
  readonly code: string;
}

const value = (from: string): string => `import { thing } from '${from}';\nexport const used = [thing];\n`;
const type = (from: string): string =>
  `import type { Thing } from '${from}';\nexport const used: Thing[] = [];\n`;
const lazy = (from: string): string => `export const load = () => import('${from}');\n`;
const again = (from: string): string => `export { thing } from '${from}';\n`;

/** Imports against the direction of the house; each must be refused. */
const forbidden: readonly Case[] = [
  { file: 'protocol/toDaemon.ts', code: value('../daemon/main.js') },
  { file: 'protocol/toClient.ts', code: type('../client/index.js') },
  { file: 'protocol/generate/toCli.ts', code: value('../../cli/main.js') },
  { file: 'protocol/version.ts', code: value('zod') },
  { file: 'protocol/zone.ts', code: value('./errors.js') },
  { file: 'protocol/wire/toShapes.ts', code: value('../shapes/clone.js') },
  { file: 'protocol/generated/toTable.ts', code: value('../table.js') },
  { file: 'client/toDaemon.ts', code: value('../daemon/main.js') },
  { file: 'client/toDaemonType.ts', code: type('../daemon/lifecycle.js') },
  { file: 'client/toDaemonLazy.ts', code: lazy('../daemon/main.js') },
  { file: 'client/toDaemonAgain.ts', code: again('../daemon/main.js') },
  { file: 'client/toCli.ts', code: value('../cli/main.js') },
  { file: 'client/toTable.ts', code: value('../protocol/table.js') },
  { file: 'client/generated/toShapes.ts', code: value('../../protocol/shapes/clone.js') },
  { file: 'client/toZod.ts', code: value('zod') },
  { file: 'cli/toDaemon.ts', code: value('../daemon/main.js') },
  { file: 'cli/commands/toDaemonLazy.ts', code: lazy('../../daemon/main.js') },
  { file: 'cli/commands/toErrors.ts', code: value('../../protocol/errors.js') },
  { file: 'cli/toZod.ts', code: value('zod') },
  { file: 'daemon/toClient.ts', code: value('../client/index.js') },
  { file: 'daemon/rpc/toCli.ts', code: type('../../cli/main.js') },
  { file: 'daemon/holder/toProtocol.ts', code: type('../../protocol/error.js') },
  { file: 'daemon/holder/toStore.ts', code: value('../store/database.js') },
  { file: 'daemon/holder/program/toDaemonSide.ts', code: type('../contract.js') },
  { file: 'daemon/holder/program/toLifecycle.ts', code: value('../../lifecycle.js') },
  { file: 'daemon/brains/demo/program.ts', code: type('../contract.js') },
  { file: 'daemon/brains/demo/turn.ts', code: value('./supplier.js') },
  { file: 'daemon/holder/toBrains.ts', code: type('../brains/contract.js') },
];

/** Imports along the direction of the house; none may be refused. */
const allowed: readonly Case[] = [
  { file: 'protocol/fine.ts', code: value('./shapes/clone.js') },
  { file: 'protocol/error.ts', code: type('./errors.js') },
  { file: 'protocol/fail.ts', code: value('./generated/errors.js') },
  { file: 'client/fineRows.ts', code: value('../protocol/generated/errors.js') },
  { file: 'client/fine.ts', code: value('../protocol/zone.js') },
  { file: 'client/fineWire.ts', code: value('../protocol/wire/frames.js') },
  { file: 'client/fineType.ts', code: type('../protocol/errors.js') },
  { file: 'cli/commands/fine.ts', code: value('../../client/index.js') },
  { file: 'cli/fineVersion.ts', code: value('../protocol/version.js') },
  { file: 'daemon/fine.ts', code: value('../protocol/table.js') },
  { file: 'daemon/rpc/fine.ts', code: value('../lifecycle.js') },
  { file: 'daemon/holder/fineProgram.ts', code: value('./program/wire.js') },
  { file: 'daemon/holder/program/fine.ts', code: value('./wire.js') },
  { file: 'daemon/holder/fine.ts', code: value('../lifecycle.js') },
  { file: 'daemon/brains/demo/supplier.ts', code: value('../contract.js') },
  { file: 'daemon/brains/demo/steps.ts', code: value('./speech.js') },
  { file: 'daemon/holder/fineOwn.ts', code: value('./contract.js') },
];

/** Other rules the house leans on, each with a piece of code that breaks it. */
const broken: readonly (Case & { readonly rule: string })[] = [
  { rule: 'no-default-export', file: 'daemon/house/default.ts', code: 'export default 1;\n' },
  {
    rule: 'max-params',
    file: 'daemon/house/params.ts',
    code: 'export const f = (a: 1, b: 1, c: 1, d: 1) => [a, b, c, d];\n',
  },
  { rule: 'max-lines', file: 'daemon/house/lines.ts', code: 'export {};\n'.repeat(401) },
  {
    rule: 'no-cycle',
    file: 'daemon/house/left.ts',
    code: "import { right } from './right.js';\nexport const left = (): unknown => right;\n",
  },
  {
    rule: 'no-floating-promises',
    file: 'daemon/house/floating.ts',
    code: 'export function f(): void {\n  Promise.resolve(1);\n}\n',
  },
  {
    rule: 'no-misused-promises',
    file: 'daemon/house/misused.ts',
    code: 'export const f = (list: number[]) => list.forEach(async (n) => { await Promise.resolve(n); });\n',
  },
  {
    rule: 'switch-exhaustiveness-check',
    file: 'daemon/house/switch.ts',
    code: "export function f(x: 'a' | 'b'): void {\n  switch (x) {\n    case 'a':\n      break;\n  }\n}\n",
  },
];

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
}

let folder = '';
let diagnostics: readonly Diagnostic[] = [];

const rulesBrokenIn = (file: string): string[] =>
  diagnostics.filter((found) => found.filename.endsWith(file)).map((found) => found.code);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'khlone-'));
  for (const name of ['.oxlintrc.json', 'tsconfig.json']) copyFileSync(join(root, name), join(folder, name));
  // The type-aware rules need tsgolint and Node's types.
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const right = {
    file: 'daemon/house/right.ts',
    code: "import { left } from './left.js';\nexport const right = (): unknown => left;\n",
  };
  for (const { file, code } of [...forbidden, ...allowed, ...broken, right]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), code);
  }
  const oxlint = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');
  const run = spawnSync(process.execPath, [oxlint, '--type-aware', '--format=json', '.'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  ({ diagnostics } = JSON.parse(run.stdout) as { diagnostics: Diagnostic[] });
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the linter keeps the direction of imports', () => {
  it.each(forbidden)('refuses $file', ({ file }) => {
    expect(rulesBrokenIn(file)).toContain('eslint(no-restricted-imports)');
  });

  it.each(allowed)('accepts $file', ({ file }) => {
    expect(rulesBrokenIn(file)).not.toContain('eslint(no-restricted-imports)');
  });
});

describe('the linter keeps the rules of the house', () => {
  it.each(broken)('$rule bites', ({ file, rule }) => {
    expect(rulesBrokenIn(file).map((code) => /\((.*)\)/.exec(code)?.[1])).toContain(rule);
  });
});
