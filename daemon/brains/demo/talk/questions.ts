import type { Interruptible } from '../interruptible.js';
import type { Line } from '../speech.js';

interface Asked {
  readonly text: string;
  /** What an answer stands for; undefined where it is none. */
  readonly read: (answer: string) => Line | undefined;
  readonly settle: (answer: Line) => void;
}

const always = [{ type: 'addRules', rules: [{ toolName: 'Edit', ruleContent: './**' }] }];

const permissions: Readonly<Record<string, Line>> = {
  y: { behavior: 'allow' },
  a: { behavior: 'allow', updatedPermissions: always },
  n: { behavior: 'deny', message: 'you said no' },
};

interface Choice {
  readonly question: string;
  readonly options: readonly { readonly label: string }[];
}

/** Asks the human at the terminal what the tools ask; one question at a time. */
export class Questions {
  readonly #turn: Interruptible;
  readonly #changed: () => void;
  #asked: Asked | undefined;

  constructor(turn: Interruptible, changed: () => void) {
    this.#turn = turn;
    this.#changed = changed;
  }

  /** What is asked now. */
  get text(): string | undefined {
    return this.#asked?.text;
  }

  /** Rejects when the turn is interrupted first. */
  readonly ask = (request: Line): Promise<Line> =>
    new Promise((resolve, reject) => {
      const { signal } = this.#turn;
      const over = (): void => {
        this.#asked = undefined;
        signal.removeEventListener('abort', cancel);
        this.#changed();
      };
      const cancel = (): void => {
        over();
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', cancel, { once: true });
      const settle = (answer: Line): void => {
        over();
        resolve(answer);
      };
      this.#asked = { ...questionOf(request), settle };
      this.#changed();
    });

  /** Takes an answer; false where it is none. */
  answer(text: string): boolean {
    const asked = this.#asked;
    const answer = asked?.read(text.trim());
    if (!asked || !answer) return false;
    asked.settle(answer);
    return true;
  }
}

function questionOf(request: Line): Omit<Asked, 'settle'> {
  const input = request['input'] as Line;
  const [choice] = (input['questions'] ?? []) as readonly Choice[];
  if (!choice) {
    return {
      text: `${String(request['tool_name'])} ${String(input['file_path'] ?? '')}? y (yes), a (always) or n (no)`,
      read: (answer) => permissions[answer.toLowerCase()],
    };
  }
  const { question, options } = choice;
  return {
    text: `${question} ${options.map(({ label }, at) => `${at + 1} ${label}`).join(', ')}`,
    read: (answer) => {
      const label = options[Number(answer) - 1]?.label ?? answer;
      if (label === '') return undefined;
      return { behavior: 'allow', updatedInput: { ...input, answers: { [question]: label } } };
    },
  };
}
