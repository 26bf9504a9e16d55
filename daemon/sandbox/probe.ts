import { execFile } from 'node:child_process';
import { constants, existsSync, readFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { probeArgs } from './bubblewrap.js';
import type { SandboxState } from './contract.js';
import { sandboxExec } from './sandboxExec.js';

/** It starts in some 10 ms; a machine under load takes longer. */
const tryMs = 10_000;

/** What was found: what there is to make a sandbox with, and where. */
export type Found = { readonly state: SandboxState; readonly wrapper?: string };

/** How a probe looks. */
export interface ProbeRequest {
  readonly platform: NodeJS.Platform;
  readonly path: string;
}

const install =
  'Install bubblewrap 0.8 or newer (`apt-get install bubblewrap`, `dnf install bubblewrap`), then see `khlone doctor`.';

/** Looks for what makes a sandbox here, and makes one: that a program is there does not say that it may. */
export async function probeSandbox({ platform, path }: ProbeRequest): Promise<Found> {
  if (platform === 'darwin') return probeDarwin();
  if (platform !== 'linux') return none(`khlone knows no sandbox for ${platform}`, 'Use Linux or macOS.');
  let failure: string | undefined;
  for (const folder of new Set([...path.split(delimiter).filter(isAbsolute), '/usr/bin', '/bin'])) {
    const wrapper = join(folder, 'bwrap');
    try {
      await access(wrapper, constants.X_OK);
    } catch {
      continue;
    }
    try {
      await promisify(execFile)(wrapper, [...probeArgs], { timeout: tryMs, env: {} });
      return { state: { kind: 'bubblewrap' }, wrapper };
    } catch (error) {
      failure ??= lastWords(error as { stderr?: string; message: string });
    }
  }
  if (failure === undefined) return none('bubblewrap is not installed', install);
  return none(`bubblewrap cannot make one: ${failure}`, adviceFor(failure));
}

function probeDarwin(): Found {
  if (existsSync(sandboxExec)) return { state: { kind: 'sandboxExec' }, wrapper: sandboxExec };
  return none(`${sandboxExec} is missing`, 'It comes with macOS; this one has taken it away.');
}

/** What to do where bubblewrap is there and may not. */
export function adviceFor(
  failure: string,
  sysctl: (name: string) => string | undefined = readSysctl,
): string {
  if (failure.includes('nknown option')) return install;
  if (sysctl('kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return 'This system (as Ubuntu 24.04 does) restricts user namespaces by AppArmor: allow them to bubblewrap with a profile for /usr/bin/bwrap that has `userns,` (package apparmor-profiles has `bwrap-userns-restrict`), then see `khlone doctor`.';
  }
  if (sysctl('kernel/unprivileged_userns_clone') === '0') {
    return 'User namespaces are switched off here: `sysctl -w kernel.unprivileged_userns_clone=1` as root, then see `khlone doctor`.';
  }
  if (sysctl('user/max_user_namespaces') === '0') {
    return 'User namespaces are switched off here: `sysctl -w user.max_user_namespaces=10000` as root, then see `khlone doctor`.';
  }
  return 'A container often forbids it: start it with `--security-opt seccomp=unconfined --security-opt systempaths=unconfined`, or khlone outside of it, then see `khlone doctor`.';
}

function readSysctl(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name}`, 'latin1').trim();
  } catch {
    return undefined;
  }
}

function lastWords({ stderr, message }: { readonly stderr?: string; readonly message: string }): string {
  const said = (stderr ?? '').trim().split('\n').at(-1) ?? '';
  return said === '' ? (message.split('\n')[0] ?? '') : said.replace(/^bwrap: /, '');
}

function none(reason: string, next: string): Found {
  return { state: { kind: 'none', reason, next } };
}
