import { appendFileSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The conversation of a demo, in a file, so that another process can go on with it. */
export interface Memory {
  readonly begun: boolean;
  readonly remembered: readonly string[];
  remember(what: string): void;
  turn(said: string, answered: string): void;
}

function folderOf(env: NodeJS.ProcessEnv): string {
  const state = env['XDG_STATE_HOME'] ?? join(env['HOME'] ?? homedir(), '.local', 'state');
  const folder = env['KHLONE_DEMO_DIR'] ?? join(state, 'khlone', 'demo');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const facts = lstatSync(folder);
  if (!facts.isDirectory() || facts.uid !== process.getuid?.())
    throw new Error(`${folder} is not a folder of yours`);
  return folder;
}

/** Opens the memory of a conversation; nothing is written before the first turn. */
export function openMemory(conversation: string, env: NodeJS.ProcessEnv): Memory {
  const file = join(folderOf(env), `${conversation.replace(/[^\w-]/g, '_')}.jsonl`);
  const remembered: string[] = [];
  let begun = false;
  try {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (line === '') continue;
      const what = (JSON.parse(line) as { remember?: string }).remember;
      if (what !== undefined) remembered.push(what);
    }
    begun = true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const append = (line: object): void => appendFileSync(file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  return {
    begun,
    remembered,
    remember(what) {
      remembered.push(what);
      append({ remember: what });
    },
    turn: (said, answered) => append({ said, answered: answered.slice(0, 2_000) }),
  };
}
