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

/** What other clones did in a time. */
export interface Doings {
  /** The absolute paths that their tools named as written. */
  readonly written: ReadonlySet<string>;
  /** Those who may have written anything. */
  readonly opaque: readonly string[];
}

/** A time in which it is noted what other clones do. */
export interface Doing extends Disposable {
  readonly doings: Doings;
}

/** What bystanders are told apart with. */
export interface BystandersParts {
  readonly log: EventLog;
  readonly clone: (name: string) => CloneRecord | undefined;
  /** Whether the programs of a kind of brain are whatever a user chose, of which nothing tells what they do. */
  readonly isOpaque: (brain: string) => boolean;
}

interface Tool {
  readonly clone: string;
  readonly task: string | undefined;
  /** The file it writes; missing where it may write any. */
  readonly path: string | undefined;
}

interface Window {
  readonly except: string;
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

  /** Notes what clones but this one do from now on, and what they are at already. */
  watch(except: string): Doing {
    const window: Window = { except, written: new Set(), opaque: new Set() };
    this.#windows.add(window);
    for (const tool of this.#tools.values()) this.#note(tool, window);
    for (const clone of this.#opaque) if (clone !== except) window.opaque.add(clone);
    return {
      get doings() {
        return { written: window.written, opaque: [...window.opaque].sort() };
      },
      dispose: () => void this.#windows.delete(window),
    };
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

  #started(event: Extract<Event, { type: 'tool.started' }>): void {
    const { clone, task, name, input = {} } = event;
    if (readers.has(name)) return;
    const file = writers.has(name) ? fileOf(input) : undefined;
    const path = file === undefined ? undefined : realPlace(this.#parts.clone(clone)?.cwd ?? '/', file);
    const tool: Tool = { clone, task, path };
    this.#tools.set(`${clone} ${event.tool}`, tool);
    for (const window of this.#windows) this.#note(tool, window);
  }

  #changed({ clone, status, posture }: Extract<Event, { type: 'clone.status' }>): void {
    const brain = this.#parts.clone(clone)?.brain ?? '';
    const opaque = status === 'talking' || (posture !== 'off' && this.#parts.isOpaque(brain));
    if (!opaque) {
      this.#opaque.delete(clone);
      if (status !== 'off' && status !== 'failed' && status !== 'retired') return;
      for (const [key, tool] of this.#tools) if (tool.clone === clone) this.#tools.delete(key);
      return;
    }
    this.#opaque.add(clone);
    for (const window of this.#windows) if (window.except !== clone) window.opaque.add(clone);
  }

  #note({ clone, path }: Tool, window: Window): void {
    if (clone === window.except) return;
    if (path === undefined) window.opaque.add(clone);
    else window.written.add(path);
  }
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
