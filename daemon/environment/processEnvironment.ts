import { readFileSync } from 'node:fs';

/** The variables a process of ours was started with; none where they cannot be read, as on systems without /proc. */
export function processEnvironment(pid: number): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return {};
  }
  const entries = text.split('\0').map((entry) => {
    const end = entry.indexOf('=');
    return [entry.slice(0, end), entry.slice(end + 1)] as const;
  });
  return Object.fromEntries(entries.filter(([name]) => name !== ''));
}
