import { attempts } from './attempts.js';

/** One call of a tool, as the model asks for it. */
export interface ToolCall {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** One attempt of Claude Code's model to change something, as a row of calls. */
export interface ToolAttempt {
  readonly name: string;
  readonly calls: readonly ToolCall[];
  /** What it changes comes after its last call has been answered, if so. */
  readonly late?: boolean;
  readonly rootOnly?: boolean;
}

/** What a sub-agent is told; the model has it run a command then. */
export const subAgentCue = 'go as a sub-agent';

/** What that command is. */
export const subAgentScript = 'echo x > $ZONE/by-agent';

/** Every tool of Claude Code that writes, or has something written. Paths begin with a variable of the place. */
const direct: readonly (readonly [string, ...(readonly [string, ToolCall['input']])[]])[] = [
  // These come first: Claude Code reads their files again each time that they are laid out anew.
  ['a skill of the repository', ['Skill', { skill: 'bait' }]],
  [
    'a sub-agent of the repository, which would have every permission',
    ['Agent', { description: 'x', prompt: subAgentCue, subagent_type: 'bait' }],
  ],
  ['a new file', ['Write', { file_path: '$ZONE/new', content: 'x' }]],
  ['another content', ['Read', { file_path: '$ZONE/a' }], ['Write', { file_path: '$ZONE/a', content: 'x' }]],
  ['a new file beside the zone', ['Write', { file_path: '$ZONE/../beside', content: 'x' }]],
  ['a new file in the home folder', ['Write', { file_path: '$HOME/.profile', content: 'x' }]],
  ['settings of the repository', ['Write', { file_path: '$ZONE/.claude/settings.json', content: '{}' }]],
  ['settings of the user', ['Write', { file_path: '$CLAUDE_CONFIG_DIR/settings.json', content: '{}' }]],
  ['memory for later', ['Write', { file_path: '$CLAUDE_CONFIG_DIR/CLAUDE.md', content: 'x' }]],
  ['a hook of the repository', ['Write', { file_path: '$ZONE/.git/hooks/pre-commit', content: 'x' }]],
  [
    'a file by its other name',
    ['Read', { file_path: '$ZONE/hard' }],
    ['Write', { file_path: '$ZONE/hard', content: 'x' }],
  ],
  [
    'an edit',
    ['Read', { file_path: '$ZONE/a' }],
    ['Edit', { file_path: '$ZONE/a', old_string: 'alpha', new_string: 'omega' }],
  ],
  ['a file by an edit of nothing', ['Edit', { file_path: '$ZONE/new', old_string: '', new_string: 'x' }]],
  [
    'a cell of a notebook',
    ['Read', { file_path: '$ZONE/n.ipynb' }],
    [
      'NotebookEdit',
      { notebook_path: '$ZONE/n.ipynb', new_source: 'x', cell_type: 'code', edit_mode: 'insert' },
    ],
  ],
  ['a sub-agent', ['Agent', { description: 'x', prompt: subAgentCue, subagent_type: 'general-purpose' }]],
  [
    'a sub-agent by its old name',
    ['Task', { description: 'x', prompt: subAgentCue, subagent_type: 'claude' }],
  ],
  [
    'a sub-agent in a worktree',
    ['Agent', { description: 'x', prompt: subAgentCue, subagent_type: 'claude', isolation: 'worktree' }],
  ],
  [
    'a sub-agent in the background',
    ['Agent', { description: 'x', prompt: subAgentCue, subagent_type: 'claude', run_in_background: true }],
  ],
  [
    'a workflow',
    [
      'Workflow',
      {
        script: `export const meta = { name: 'x', description: 'x', phases: [] }\nawait agent('${subAgentCue}')`,
      },
    ],
  ],
  ['a task for a later session', ['CronCreate', { cron: '* * * * *', prompt: 'x', durable: true }]],
  ['a task of a list', ['TaskCreate', { subject: 'x', description: 'x' }]],
  [
    'a command in the background',
    ['Bash', { command: '(sleep 0.2; echo x > $ZONE/new)', run_in_background: true }],
  ],
  [
    'a command that wants no sandbox',
    ['Bash', { command: 'echo x > $ZONE/new', dangerouslyDisableSandbox: true }],
  ],
];

/** Tools that Claude Code offers and that change nothing which outlives it. */
export const harmlessTools: ReadonlyMap<string, ToolCall['input']> = new Map(
  Object.entries({
    CronDelete: { id: 'x' },
    CronList: {},
    EnterPlanMode: {},
    ExitPlanMode: {},
    ExitWorktree: { action: 'keep' },
    ReportFindings: { findings: [] },
    ScheduleWakeup: { delaySeconds: 3600, reason: 'x', prompt: 'x' },
    SendMessage: { to: 'x', summary: 'x', message: 'x' },
    TaskGet: { taskId: '1' },
    TaskList: {},
    TaskOutput: { task_id: 'x', block: false },
    TaskStop: { task_id: 'x' },
    TaskUpdate: { taskId: '1', subject: 'y' },
  }),
);

const isLate = (text: string): boolean => /sleep|background|workflow|worktree/.test(text);

/** By every tool, and by Bash all that plain programs attempt. */
export const toolAttempts: readonly ToolAttempt[] = [
  ...direct.map(([name, ...calls]) => ({
    name,
    calls: calls.map(([tool, input]) => ({ tool, input })),
    late: isLate(`${name}${JSON.stringify(calls)}`),
  })),
  ...attempts.map(({ name, script, rootOnly }) => ({
    name: `${name}, by Bash`,
    calls: [{ tool: 'Bash', input: { command: script, description: 'Look' } }],
    late: isLate(script),
    ...(rootOnly && { rootOnly }),
  })),
  // It comes last, as Claude Code works in it from then on.
  { name: 'a worktree', calls: [{ tool: 'EnterWorktree', input: { name: 'bait' } }] },
];
