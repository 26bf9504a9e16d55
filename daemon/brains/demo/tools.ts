import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import type { Line, Voice } from './speech.js';

/** A request to the other side of the pipes; rejects when the turn is interrupted. */
export type Request = (request: Line) => Promise<Line>;

/** What the demo was started with, as far as tools care. */
export interface Rights {
  readonly cwd: string;
  /** Tools that exist at all; undefined for all. */
  readonly tools: ReadonlySet<string> | undefined;
  readonly acceptEdits: boolean;
  /** Rules granted by flags, and during the session. */
  readonly rules: Set<string>;
  /** Callback ids of the hooks asked before each tool. */
  hooks: readonly string[];
}

/** How a tool ended. */
export interface ToolEnd {
  readonly failed: boolean;
  readonly output: string;
}

interface Call {
  readonly name: string;
  readonly input: Line;
  /** Whether a human is asked first. */
  readonly asks: boolean;
  /** Does it, with the input the human let through. */
  readonly run: (input: Line) => string;
}

const member = (line: unknown, name: string): unknown =>
  typeof line === 'object' && line !== null ? (line as Line)[name] : undefined;

/** The demo keeps to its folder, whatever it is allowed. */
function inside(cwd: string, file: string): string {
  const path = resolve(cwd, file);
  const parent = relative(realpathSync(cwd), realpathSync(dirname(path)));
  if (parent === '..' || parent.startsWith(`..${sep}`))
    throw new Error(`${file} is outside the demo's folder`);
  return path;
}

/** Uses tools as a brain does: hooks first, then permission, then the deed. */
export class Tools {
  readonly #speech: Voice;
  readonly #request: Request;
  readonly #rights: Rights;

  constructor(speech: Voice, request: Request, rights: Rights) {
    this.#speech = speech;
    this.#request = request;
    this.#rights = rights;
  }

  write(file: string, content: string): Promise<ToolEnd> {
    const { cwd } = this.#rights;
    return this.#use({
      name: 'Write',
      input: { file_path: resolve(cwd, file), content },
      asks: true,
      run: (input) => {
        writeFileSync(inside(cwd, String(input['file_path'])), String(input['content']));
        return `wrote ${file}`;
      },
    });
  }

  read(file: string): Promise<ToolEnd> {
    const { cwd } = this.#rights;
    return this.#use({
      name: 'Read',
      input: { file_path: resolve(cwd, file) },
      asks: false,
      run: (input) => readFileSync(inside(cwd, String(input['file_path'])), 'utf8'),
    });
  }

  ask(question: string, options: readonly string[]): Promise<ToolEnd> {
    const asked = {
      question,
      header: 'Demo',
      multiSelect: false,
      options: options.map((label) => ({ label })),
    };
    return this.#use({
      name: 'AskUserQuestion',
      input: { questions: [asked] },
      asks: true,
      run: (input) => String(member(input['answers'], question) ?? 'nothing'),
    });
  }

  async #use(call: Call): Promise<ToolEnd> {
    const id = this.#speech.nextId('toolu');
    this.#speech.toolUse(id, call.name, call.input);
    const end = await this.#attempt(call, id).catch((error: unknown): ToolEnd => {
      if (error instanceof Error && error.name === 'AbortError') {
        this.#speech.toolResult(id, 'The tool was interrupted.', true);
        throw error;
      }
      return { failed: true, output: error instanceof Error ? error.message : String(error) };
    });
    this.#speech.toolResult(id, end.output, end.failed);
    return end;
  }

  async #attempt(call: Call, id: string): Promise<ToolEnd> {
    const { name, input } = call;
    if (this.#rights.tools && !this.#rights.tools.has(name)) {
      return { failed: true, output: `No such tool available: ${name}` };
    }
    for (const hook of this.#rights.hooks) {
      const hookInput = {
        hook_event_name: 'PreToolUse',
        tool_name: name,
        tool_input: input,
        tool_use_id: id,
      };
      const said = await this.#request({
        subtype: 'hook_callback',
        callback_id: hook,
        input: hookInput,
        tool_use_id: id,
      });
      const verdict = member(said, 'hookSpecificOutput');
      if (member(verdict, 'permissionDecision') === 'deny') {
        return { failed: true, output: String(member(verdict, 'permissionDecisionReason')) };
      }
    }
    if (!call.asks || this.#granted(name)) return { failed: false, output: call.run(input) };
    const answer = await this.#request({
      subtype: 'can_use_tool',
      tool_name: name,
      input,
      tool_use_id: id,
      permission_suggestions: [],
    });
    if (answer['behavior'] !== 'allow')
      return { failed: true, output: String(answer['message'] ?? 'denied') };
    this.#learn(answer['updatedPermissions']);
    return { failed: false, output: call.run((answer['updatedInput'] as Line | undefined) ?? input) };
  }

  /** The demo writes only inside its folder, so the rule for edits below it is the one that matters. */
  #granted(name: string): boolean {
    const { rules, acceptEdits } = this.#rights;
    if (rules.has(name)) return true;
    return name === 'Write' && (acceptEdits || rules.has('Edit(./**)'));
  }

  #learn(updates: unknown): void {
    for (const update of Array.isArray(updates) ? updates : []) {
      const rules = member(update, 'rules');
      for (const rule of Array.isArray(rules) ? rules : []) {
        const content = member(rule, 'ruleContent');
        this.#rights.rules.add(
          `${String(member(rule, 'toolName'))}${content === undefined ? '' : `(${String(content)})`}`,
        );
      }
    }
  }
}
