import { appendFileSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** One turn: what was said, and the start of the answer. */
export interface Exchange {
  readonly said: string;
  readonly answered: string;
}

/** The conversation of a demo, in a file, so that another process can go on with it. */
export interface Memory {
  readonly begun: boolean;
  readonly remembered: readonly string[];
  /** What was said when it was opened, in order. */
  readonly turns: readonly Exchange[];
  remember(what: string): void;
  turn(said: string, answered: string): void;
}

/** Where the demo keeps its conversations; made where it is missing. */
export function demoFolder(env: NodeJS.ProcessEnv): string {
  const state = env['XDG_STATE_HOME'] ?? join(env['HOME'] ?? homedir(), '.local', 'state');
  const folder = env['KHLONE_DEMO_DIR'] ?? join(state, 'khlone', 'demo');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const facts = lstatSync(folder);
  if (!facts.isDirectory() || facts.uid !== process.getuid?.())
    throw new Error(`${folder} is not a folder of yours`);
  return folder;
}

/** Where a conversation's memory is, in the demo's folder. */
export const memoryFile = (folder: string, conversation: string): string =>
  join(folder, `${conversation.replace(/[^\w-]/g, '_')}.jsonl`);

/** Where a memory is, and whether what comes is kept. */
export interface MemoryPlace {
  readonly env: NodeJS.ProcessEnv;
  readonly keeps: boolean;
}

/** Opens the memory of a conversation; nothing is written before the first turn. */
export function openMemory(conversation: string, { env, keeps }: MemoryPlace): Memory {
  const file = memoryFile(demoFolder(env), conversation);
  const remembered: string[] = [];
  const turns: Exchange[] = [];
  let begun = false;
  try {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (line === '') continue;
      const { remember, said, answered } = JSON.parse(line) as Partial<Exchange & { remember: string }>;
      if (remember !== undefined) remembered.push(remember);
      if (said !== undefined && answered !== undefined) turns.push({ said, answered });
    }
    begun = true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const append = (line: object): void => {
    if (keeps) appendFileSync(file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  };
  return {
    begun,
    remembered,
    turns,
    remember(what) {
      remembered.push(what);
      append({ remember: what });
    },
    turn: (said, answered) => append({ said, answered: answered.slice(0, 2_000) }),
  };
}
