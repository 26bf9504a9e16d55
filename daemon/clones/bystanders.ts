import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Event } from '../../protocol/shapes/event.js';
import type { EventLog } from '../events/log.js';
import type { Disposable } from '../lifecycle.js';
import type { CloneRecord } from '../store/cloneTable.js';

/** Tools that write the one file they name. */
const writers: ReadonlySet<string> = new Set(['Write', 'Edit', 'MultiEdit', 'NotebookEdit']);

/** Tools that write nothing in the zone. What is known as neither may write anything. */
const readers: ReadonlySet<string> = new Set([
  'Read',
  'Glob',
  'Grep',
  'LS',
  'WebFetch',
  'WebSearch',
  'TodoWrite',
  'BashOutput',
  'ToolSearch',
  'AskUserQuestion',
  // What a subagent does is told by tools of its own.
  'Task',
  'Agent',
]);

/** What others did in a time. */
export interface Doings {
  /** The absolute paths that their tools named as written. */
  readonly written: ReadonlySet<string>;
  /** Those who may have written anything. */
  readonly opaque: readonly string[];
}

/** A time in which it is noted what others do. */
export interface Doing extends Disposable {
  readonly doings: Doings;
}

/** What bystanders are told apart with. */
export interface BystandersParts {
  readonly log: EventLog;
  readonly clone: (name: string) => CloneRecord | undefined;
  /** Whether the programs of a kind of brain are whatever a user chose, of which nothing tells what they do. */
  readonly isOpaque: (brain: string) => boolean;
  /** Whether a task runs beside its clone. */
  readonly isAside: (task: string) => boolean;
}

interface Tool {
  readonly clone: string;
  readonly task: string | undefined;
  /** The file it writes; missing where it may write any. */
  readonly path: string | undefined;
}

type Started = Extract<Event, { type: 'tool.started' }>;
type Status = Extract<Event, { type: 'clone.status' }>;

/** Most events that are read to know what was done under an earlier daemon. */
const mostRead = 100_000;

/** Whose doings are not those of bystanders. */
export interface Watcher {
  readonly clone: string;
  /** Of a task that runs beside its clone: all else that the clone does is a bystander's. */
  readonly aside?: string | undefined;
}

interface Window {
  readonly except: Watcher;
  readonly written: Set<string>;
  readonly opaque: Set<string>;
}

/** Follows what clones do that may change the zone, by the events that tell of it. */
export class Bystanders implements Disposable {
  readonly #parts: BystandersParts;
  readonly #hearing: Disposable;
  readonly #windows = new Set<Window>();
  /** Tools at work. */
  readonly #tools = new Map<string, Tool>();
  /** Clones whose terminal is in use, or that are a program of the user's choice and run. */
  readonly #opaque = new Set<string>();

  constructor(parts: BystandersParts) {
    this.#parts = parts;
    this.#hearing = parts.log.onPublished((events) => events.forEach((event) => this.#hear(event)));
  }

  /**
   * Notes what others do from now on, and what they are at already; with `since`, a number in the history, also all
   * that they did after it, whichever daemon told it.
   */
  watch(except: Watcher, since?: number): Doing {
    const window: Window = { except, written: new Set(), opaque: new Set() };
    if (since !== undefined) this.#read(window, since);
    this.#windows.add(window);
    for (const tool of this.#tools.values()) this.#note(tool, window);
    for (const clone of this.#opaque) if (!isOwn(except, { clone })) window.opaque.add(clone);
    return {
      get doings() {
        return { written: window.written, opaque: [...window.opaque].sort() };
      },
      dispose: () => void this.#windows.delete(window),
    };
  }

  /** Learns what clones are at that work on for an earlier daemon; to be called before anything happens. */
  recall(clones: Iterable<string>): void {
    const { seq } = this.#parts.log.cursor;
    for (const clone of clones) for (const event of this.#atWork(clone, seq)) this.#started(event);
  }

  dispose(): void {
    this.#hearing.dispose();
  }

  #hear(event: Event): void {
    switch (event.type) {
      case 'tool.started':
        return this.#started(event);
      case 'tool.finished':
        return void this.#tools.delete(`${event.clone} ${event.tool}`);
      case 'task.finished':
        for (const [key, { task }] of this.#tools) if (task === event.task) this.#tools.delete(key);
        return;
      case 'clone.status':
        return this.#changed(event);
      default:
    }
  }

  #started(event: Started): void {
    const tool = this.#toolOf(event);
    if (!tool) return;
    this.#tools.set(`${tool.clone} ${event.tool}`, tool);
    for (const window of this.#windows) this.#note(tool, window);
  }

  /** What a tool may write; undefined where that is nothing. */
  #toolOf({ clone, task, name, input = {} }: Started): Tool | undefined {
    if (readers.has(name)) return undefined;
    const file = writers.has(name) ? fileOf(input) : undefined;
    const path = file === undefined ? undefined : realPlace(this.#parts.clone(clone)?.cwd ?? '/', file);
    return { clone, task, path };
  }

  #isOpaque({ clone, status, posture }: Status): boolean {
    const brain = this.#parts.clone(clone)?.brain ?? '';
    return status === 'talking' || (posture !== 'off' && this.#parts.isOpaque(brain));
  }

  /** Reads in the history what clones did after a number, and what those were at by then. */
  #read(window: Window, since: number): void {
    const { log } = this.#parts;
    log.flush();
    const types = ['tool.started', 'tool.finished', 'clone.status'];
    const moved = new Set<string>();
    for (const { event } of log.read({ from: since, direction: 'forward', limit: mostRead, types })) {
      if (event.type === 'tool.started') this.#noteTool(event, window);
      if (event.type === 'clone.status') this.#noteStatus(event, window);
      if ('clone' in event && event.clone !== undefined) moved.add(event.clone);
    }
    for (const clone of moved) {
      for (const event of this.#atWork(clone, since)) this.#noteTool(event, window);
      const status = { from: since + 1, direction: 'backward', limit: 1, types: ['clone.status'] } as const;
      for (const { event } of log.read({ ...status, clones: [clone] }))
        if (event.type === 'clone.status') this.#noteStatus(event, window);
    }
  }

  /** The tools that a clone was using at a place in the history. */
  *#atWork(clone: string, seq: number): Generator<Started> {
    const done = new Set<string>();
    const types = ['tool.started', 'tool.finished', 'task.started', 'task.finished'];
    const query = { from: seq + 1, direction: 'backward', limit: mostRead, types, clones: [clone] } as const;
    for (const { event } of this.#parts.log.read(query)) {
      // What runs beside a clone begins and ends in the middle of what that is at.
      const isOfTask = event.type === 'task.started' || event.type === 'task.finished';
      if (isOfTask && !this.#parts.isAside(event.task)) return;
      if (event.type === 'tool.finished') done.add(event.tool);
      if (event.type === 'tool.started' && !done.has(event.tool)) yield event;
    }
  }

  #noteTool(event: Started, window: Window): void {
    const tool = this.#toolOf(event);
    if (tool) this.#note(tool, window);
  }

  #noteStatus(event: Status, window: Window): void {
    if (!isOwn(window.except, { clone: event.clone }) && this.#isOpaque(event))
      window.opaque.add(event.clone);
  }

  #changed(event: Status): void {
    const { clone, status } = event;
    if (!this.#isOpaque(event)) {
      this.#opaque.delete(clone);
      if (status !== 'off' && status !== 'failed' && status !== 'retired') return;
      for (const [key, tool] of this.#tools) if (tool.clone === clone) this.#tools.delete(key);
      return;
    }
    this.#opaque.add(clone);
    for (const window of this.#windows) if (!isOwn(window.except, { clone })) window.opaque.add(clone);
  }

  #note({ clone, task, path }: Tool, window: Window): void {
    if (isOwn(window.except, { clone, task })) return;
    if (path === undefined) window.opaque.add(clone);
    else window.written.add(path);
  }
}

function isOwn(
  { clone, aside }: Watcher,
  by: { readonly clone: string; readonly task?: string | undefined },
): boolean {
  return by.clone === clone && (aside === undefined || by.task === aside);
}

/** The file that a tool's input names; a long input is kept by its beginning. */
function fileOf(input: Readonly<Record<string, unknown>>): string | undefined {
  const { file_path: file, notebook_path: notebook, preview } = input;
  if (typeof file === 'string') return file;
  if (typeof notebook === 'string') return notebook;
  const [, named] = /"(?:file|notebook)_path":("(?:[^"\\]|\\.)*")/.exec(String(preview ?? '')) ?? [];
  return named === undefined ? undefined : (JSON.parse(named) as string);
}

/** Where a file is, whatever links lead there. */
function realPlace(cwd: string, file: string): string {
  const path = resolve(cwd, file);
  try {
    return realpathSync(path);
  } catch {
    // It is yet to be made, in a folder that may be.
  }
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}
