import type { Change } from './changes.js';
import { blobId, contentOf } from './content.js';
import { unifiedDiff } from './diff.js';
import { isFile, isLink } from './entry.js';
import { readBlobs } from './gitObjects.js';

/** Longest text, in UTF-16 units, and most paths of which it tells. */
const longest = 64 * 1024;
const mostPaths = 50;

/** Larger contents are told of by their sizes, in bytes. */
const largest = 256 * 1024;

/** A change with the name it goes by. */
export type NamedChange = Change & { readonly name: string };

/** What differs, as a text. */
export interface DiffText {
  readonly text: string;
  /** Whether it does not tell all. */
  readonly truncated: boolean;
}

/** Tells what differs, against what git's store has of the past; `git` is where that is. */
export function diffOf(changes: readonly NamedChange[], git: string | undefined): DiffText {
  const told = changes.slice(0, mostPaths);
  const ids = told.flatMap(({ before }) => (before?.hash === undefined ? [] : [before.hash]));
  const blobs = git === undefined || ids.length === 0 ? new Map<string, Buffer>() : readBlobs(git, ids);
  let text = '';
  for (const change of told) {
    if (text.length > longest) break;
    text += partOf(change, earlierOf(change, blobs));
  }
  const truncated = text.length > longest || changes.length > told.length;
  return { text: text.slice(0, longest), truncated };
}

function earlierOf({ before }: NamedChange, blobs: ReadonlyMap<string, Buffer>): Buffer | undefined {
  const blob = before?.hash === undefined ? undefined : blobs.get(before.hash);
  return blob && blobId(blob) === before?.hash ? blob : undefined;
}

function partOf(change: NamedChange, earlier: Buffer | undefined): string {
  const { name, path, before, after } = change;
  const now = after && hasText(after.mode) ? textOf(contentOf(path, after, largest)) : undefined;
  const was = textOf(earlier);
  const known = (before === undefined || was !== undefined) && (after === undefined || now !== undefined);
  const diff = known ? unifiedDiff(name, was, now) : '';
  return diff === '' ? summaryOf(change) : diff;
}

function summaryOf({ name, kind, before, after }: NamedChange): string {
  const sizes = [before?.size, after?.size].map((size) => (size === undefined ? 'nothing' : `${size} bytes`));
  const modes = [before?.mode, after?.mode].map((mode) => mode?.toString(8));
  const rights = before && after && before.mode !== after.mode ? `, mode ${modes.join(' to ')}` : '';
  return `# ${name}: ${kind}, ${sizes.join(' to ')}${rights}\n`;
}

const hasText = (mode: number): boolean => isFile(mode) || isLink(mode);

function textOf(content: Buffer | undefined): string | undefined {
  if (!content || content.length > largest || content.includes(0)) return undefined;
  const text = content.toString('utf8');
  return text.includes('\uFFFD') ? undefined : text;
}
