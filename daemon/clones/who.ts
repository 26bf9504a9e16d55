import type { CloneRecord } from '../store/cloneTable.js';

const label = /^label:([^=]+)=(.*)$/s;

/** Reads `who` as a role or a label (`label:key=value`); names are looked up before. */
export function parseWho(who: string): (clone: CloneRecord) => boolean {
  const match = label.exec(who);
  if (match) {
    const [, key = '', value = ''] = match;
    return (clone) => Object.hasOwn(clone.labels, key) && clone.labels[key] === value;
  }
  return (clone) => clone.role === who;
}

/** The pools whose tasks a clone may take: its role's and its labels'. */
export function poolsOf(clone: CloneRecord): string[] {
  return [clone.role, ...Object.entries(clone.labels).map(([key, value]) => `label:${key}=${value}`)];
}
