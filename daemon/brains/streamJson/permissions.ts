import type { ApprovalAnswer, ApprovalRequest, BrainOutput, BrainSpec } from '../contract.js';
import { asObject, asString, type Json } from './json.js';
import { readOnlyReason, readsOnly } from './readOnly.js';
import { lastingRules, type Rule, ruleNotation } from './rules.js';
import { capValue } from './text.js';
import { questionsOf, questionTool, toolTitle } from './tools.js';

interface Pending {
  readonly tool: string;
  readonly input: Json;
  readonly rules: readonly Rule[];
}

/** Where the desk speaks: to the brain's process, and to whoever listens. */
export interface PermissionPorts {
  answer(id: string, response: Json): void;
  output(output: BrainOutput): void;
}

/** The permission requests of one process: they come in, wait for a human, and go back answered. */
export class PermissionDesk {
  readonly #spec: Pick<BrainSpec, 'posture' | 'cwd' | 'env'>;
  readonly #ports: PermissionPorts;
  readonly #pending = new Map<string, Pending>();

  constructor(spec: Pick<BrainSpec, 'posture' | 'cwd' | 'env'>, ports: PermissionPorts) {
    this.#spec = spec;
    this.#ports = ports;
  }

  get waiting(): boolean {
    return this.#pending.size > 0;
  }

  /** Takes a `can_use_tool`; what an ask must not do is denied here again, whoever would allow it. */
  request(id: string, request: Json): void {
    const tool = asString(request['tool_name']) ?? 'unknown';
    const input = asObject(request['input']) ?? {};
    if (this.#spec.posture === 'ask' && !readsOnly(tool, input, this.#spec)) {
      this.deny(id, readOnlyReason);
      return;
    }
    const rules = lastingRules(tool, request, this.#spec.cwd);
    this.#pending.set(id, { tool, input, rules });
    const common = { request: id, tool, input: capValue(input), title: toolTitle(tool, input) };
    const approval: ApprovalRequest =
      tool === questionTool
        ? { kind: 'question', ...common, questions: questionsOf(input) }
        : { kind: 'tool', ...common, grants: rules.map(ruleNotation) };
    this.#ports.output({ type: 'approval.requested', approval });
  }

  deny(id: string, message: string): void {
    this.#ports.answer(id, { behavior: 'deny', message });
  }

  respond(id: string, answer: ApprovalAnswer): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    if (answer.decision === 'deny') {
      this.deny(id, answer.message);
      return;
    }
    if (pending.tool === questionTool) {
      if (answer.answers === undefined) this.deny(id, 'No answer was given.');
      else
        this.#ports.answer(id, {
          behavior: 'allow',
          updatedInput: { ...pending.input, answers: answer.answers },
        });
      return;
    }
    this.#ports.answer(id, {
      behavior: 'allow',
      updatedInput: pending.input,
      // For this process only: the brain would else write the rule into the repository's settings.
      ...(answer.decision === 'allowAlways' && pending.rules.length > 0
        ? {
            updatedPermissions: [
              { type: 'addRules', rules: pending.rules, behavior: 'allow', destination: 'session' },
            ],
          }
        : {}),
    });
  }

  /** An answer has arrived: one that an earlier daemon gave. */
  answered(id: string): void {
    this.#pending.delete(id);
  }

  withdraw(id: string): void {
    if (this.#pending.delete(id)) this.#ports.output({ type: 'approval.withdrawn', request: id });
  }

  withdrawAll(): void {
    for (const id of [...this.#pending.keys()]) this.withdraw(id);
  }
}
