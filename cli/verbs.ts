import type { Command } from 'commander';
import type { Bind } from './declare.js';

/** What a verb's file exports: the declaration of its arguments, options, examples and action. */
export interface VerbModule {
  define(command: Command, bind: Bind): void;
}

/** A verb as `khlone --help` lists it; its file is loaded only when it is called. */
export interface Verb {
  readonly name: string;
  readonly summary: string;
  readonly group: string;
  load(): Promise<VerbModule>;
}

const clones = 'Clones:';
const tasks = 'Tasks:';
const decisions = 'Approvals:';
const terminals = 'Terminals:';
const looks = 'Looking:';
const machinery = 'Machinery:';

/** Every verb, in the order of the help. */
export const verbs: readonly Verb[] = [
  {
    name: 'enroll',
    summary: 'enroll a clone: an agent with a conversation and a queue',
    group: clones,
    load: () => import('./commands/enroll.js'),
  },
  {
    name: 'update',
    summary: 'change the settings of a clone',
    group: clones,
    load: () => import('./commands/update.js'),
  },
  {
    name: 'interrupt',
    summary: 'end the turn of a clone and keep its conversation',
    group: clones,
    load: () => import('./commands/interrupt.js'),
  },
  {
    name: 'off',
    summary: "end a clone's process and keep its conversation",
    group: clones,
    load: () => import('./commands/off.js'),
  },
  {
    name: 'restart',
    summary: "end a clone's process, forgive its failures, and go on with what is queued",
    group: clones,
    load: () => import('./commands/restart.js'),
  },
  {
    name: 'retire',
    summary: 'retire a clone for good',
    group: clones,
    load: () => import('./commands/retire.js'),
  },
  {
    name: 'act',
    summary: 'give a clone work, and watch it being done',
    group: tasks,
    load: () => import('./commands/act.js'),
  },
  {
    name: 'ask',
    summary: 'ask a clone something, read-only',
    group: tasks,
    load: () => import('./commands/ask.js'),
  },
  { name: 'tasks', summary: 'list tasks', group: tasks, load: () => import('./commands/tasks.js') },
  { name: 'task', summary: 'show one task', group: tasks, load: () => import('./commands/task.js') },
  { name: 'cancel', summary: 'cancel a task', group: tasks, load: () => import('./commands/cancel.js') },
  {
    name: 'retry',
    summary: 'queue a task again that did not end well',
    group: tasks,
    load: () => import('./commands/retry.js'),
  },
  {
    name: 'approvals',
    summary: 'list what waits for your word',
    group: decisions,
    load: () => import('./commands/approvals.js'),
  },
  {
    name: 'approve',
    summary: 'allow a tool, or answer a question',
    group: decisions,
    load: () => import('./commands/approve.js'),
  },
  {
    name: 'deny',
    summary: 'refuse a tool or a question',
    group: decisions,
    load: () => import('./commands/deny.js'),
  },
  {
    name: 'talk',
    summary: 'sit down at the terminal of a clone',
    group: terminals,
    load: () => import('./commands/talk.js'),
  },
  {
    name: 'screen',
    summary: "print what a clone's terminal shows now",
    group: terminals,
    load: () => import('./commands/screen.js'),
  },
  {
    name: 'record',
    summary: 'record the terminal of a clone as an asciicast',
    group: terminals,
    load: () => import('./commands/record.js'),
  },
  {
    name: 'status',
    summary: 'the board: every clone, what it does and what it cost',
    group: looks,
    load: () => import('./commands/status.js'),
  },
  {
    name: 'watch',
    summary: 'follow the transcript of a clone, or of all, or its terminal',
    group: looks,
    load: () => import('./commands/watch.js'),
  },
  {
    name: 'usage',
    summary: 'tokens and cost by clone, model and task',
    group: looks,
    load: () => import('./commands/usage.js'),
  },
  {
    name: 'zones',
    summary: 'list the zones of this user and their daemons',
    group: machinery,
    load: () => import('./commands/zones.js'),
  },
  {
    name: 'daemon',
    summary: 'start, stop, restart, look at or run the daemon of a zone',
    group: machinery,
    load: () => import('./commands/daemon.js'),
  },
  {
    name: 'service',
    summary: 'have the system run the daemon of a zone: systemd, or launchd',
    group: machinery,
    load: () => import('./commands/service.js'),
  },
  {
    name: 'config',
    summary: 'print the settings of the zone, or change one',
    group: machinery,
    load: () => import('./commands/config.js'),
  },
  {
    name: 'sandbox',
    summary: 'run any command as an ask of a clone would run',
    group: machinery,
    load: () => import('./commands/sandbox.js'),
  },
  {
    name: 'doctor',
    summary: 'check what is installed and in order, and say what to do',
    group: machinery,
    load: () => import('./commands/doctor.js'),
  },
  {
    name: 'socket',
    summary: 'print the path of the daemon socket',
    group: machinery,
    load: () => import('./commands/socket.js'),
  },
  {
    name: 'schema',
    summary: 'print the protocol as OpenRPC or JSON Schema',
    group: machinery,
    load: () => import('./commands/schema.js'),
  },
  {
    name: 'completion',
    summary: 'print a completion script for bash, zsh or fish',
    group: machinery,
    load: () => import('./commands/completion.js'),
  },
];
