import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { onUnexpectedError } from '../../lifecycle.js';
import type { SandboxNeeds } from '../../sandbox/contract.js';
import type { Conversation } from '../streamJson/talk/kind.js';
import { configOf, isProjectOf, transcriptOf } from './transcript.js';

/**
 * Where an ask of Claude Code keeps its conversation: in a folder of its own that lies over `projects` of the
 * configuration, with the conversation's file in it and nothing else. All the rest of the configuration is read only,
 * so that no ask leaves settings, hooks, commands, memory or words of another conversation to a later act.
 */
export function stageAsk(of: Conversation, root: string): SandboxNeeds {
  const config = configOf(of.env);
  if (config === undefined) return { readable: [], writable: [] };
  settleAsk(of, root);
  const stage = stageOf(of, root);
  const projects = join(config, 'projects');
  const transcript = transcriptOf(of);
  // Over a folder that is missing nothing can be laid.
  mkdirSync(projects, { recursive: true, mode: 0o700 });
  mkdirSync(stage, { recursive: true, mode: 0o700 });
  if (transcript !== undefined) {
    const folder = join(stage, basename(dirname(transcript)));
    mkdirSync(folder, { mode: 0o700 });
    sameFile(transcript, join(folder, basename(transcript)));
  }
  return { readable: [config], writable: [{ from: stage, at: projects }] };
}

/**
 * Brings home what an ask has said, once its process is gone; also what is left of one whose daemon died. Of its folder
 * nothing counts but the conversation's own file.
 */
export function settleAsk(of: Conversation, root: string): void {
  const stage = stageOf(of, root);
  const config = configOf(of.env);
  if (config === undefined || !existsSync(stage)) return;
  openUp(stage);
  for (const { folder, staged, facts } of stagedIn(of, stage)) {
    const home = transcriptOf(of) ?? join(config, 'projects', folder, basename(staged));
    const there = plainFile(home);
    // Mostly it is the very file.
    if (there?.ino === facts.ino && there.dev === facts.dev) continue;
    mkdirSync(dirname(home), { recursive: true, mode: 0o700 });
    moveFile(staged, home);
  }
  removeAll(stage);
}

/** What an aside needs: it reads the conversation where that is, and writes nothing. */
export function asideNeeds({ env }: Conversation): SandboxNeeds {
  const config = configOf(env);
  return { readable: config === undefined ? [] : [config], writable: [] };
}

/**
 * Has a conversation that an ask began, and that is still with that ask's process, found by others as well: the very
 * file, to which the ask goes on adding.
 */
export function shareAsk(of: Conversation, root: string): void {
  const stage = stageOf(of, root);
  const config = configOf(of.env);
  if (config === undefined || !existsSync(stage) || transcriptOf(of) !== undefined) return;
  for (const { folder, staged } of stagedIn(of, stage)) {
    const home = join(config, 'projects', folder, basename(staged));
    mkdirSync(dirname(home), { recursive: true, mode: 0o700 });
    sameFile(staged, home);
  }
}

/**
 * The conversation's own file in its stage, once it is there. Other folders than that of its project, and links, were
 * put there to have a file moved by khlone.
 */
function stagedIn(
  of: Conversation,
  stage: string,
): { readonly folder: string; readonly staged: string; readonly facts: Stats }[] {
  const { conversation } = of;
  const transcript = transcriptOf(of);
  const known = transcript === undefined ? undefined : basename(dirname(transcript));
  const folders = uuid.test(conversation) ? readdirSync(stage, { withFileTypes: true }) : [];
  return folders.flatMap((entry) => {
    const folder = entry.name;
    if (!entry.isDirectory() || (folder !== known && !isProjectOf(of.cwd, folder))) return [];
    const staged = join(stage, folder, `${conversation}.jsonl`);
    const facts = plainFile(staged);
    return facts ? [{ folder, staged, facts }] : [];
  });
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const stageOf = ({ conversation }: Conversation, root: string): string =>
  join(root, conversation.replace(/[^\w-]/g, '_'));

/** Gives us back the folders that an ask has closed. Its process is gone, so none of them becomes a link meanwhile. */
function openUp(folder: string): void {
  try {
    chmodSync(folder, 0o700);
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) openUp(join(folder, entry.name));
  } catch {
    // Its path may be longer than the system takes.
  }
}

/** Takes a stage away, if need be only out of the way: nobody begins anything before it is gone. */
function removeAll(stage: string): void {
  try {
    rmSync(stage, { recursive: true, force: true });
  } catch (error) {
    renameSync(stage, `${stage}.${Date.now()}`);
    onUnexpectedError(error);
  }
}

function plainFile(path: string): Stats | undefined {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  return facts?.isFile() === true ? facts : undefined;
}

/** The same file under another name, so that what is added is there at once; a copy on another file system. */
function sameFile(path: string, name: string): void {
  try {
    linkSync(path, name);
  } catch {
    copyFileSync(path, name);
  }
}

function moveFile(path: string, to: string): void {
  try {
    renameSync(path, to);
  } catch {
    copyFileSync(path, `${to}.khlone`);
    renameSync(`${to}.khlone`, to);
  }
}
