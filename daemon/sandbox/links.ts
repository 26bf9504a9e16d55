import { readlinkSync } from 'node:fs';
import { dirname, join, normalize, resolve, sep } from 'node:path';

/** A symbolic link, in a folder whose own path has none, and what it holds. */
export interface Link {
  readonly at: string;
  readonly to: string;
}

/** Longest chain of links that is followed; the kernel follows as many. */
const mostLinks = 40;

/** The links on the way of an absolute path, in the order in which they are met. */
export function linksOn(path: string): Link[] {
  const links: Link[] = [];
  let at: string = sep;
  let names = namesOf(path);
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const next = join(at, name);
    const to = targetOf(next);
    if (to === undefined) {
      at = next;
      continue;
    }
    if (links.length === mostLinks) break;
    links.push({ at: next, to });
    names = [...namesOf(resolve(dirname(next), to)), ...names];
    at = sep;
  }
  return links;
}

const namesOf = (path: string): string[] => normalize(path).split(sep).filter(Boolean);

function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // It is no link, or not there.
    return undefined;
  }
}
