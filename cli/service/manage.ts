import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { askManager, launchdTarget, type ServicePlace } from '../../client/service.js';

/** Services of a user, as their manager keeps them. */
export interface ServiceManager {
  readonly place: ServicePlace;
  /** Undefined where it answers; else what it, or the system, says. */
  fault(): Promise<string | undefined>;
  /** What is installed; undefined for nothing. */
  installed(): string | undefined;
  /** Writes the service down and starts it, now and at each login. */
  install(text: string): Promise<void>;
  /** Ends it and takes it away. */
  uninstall(): Promise<void>;
  /** How it is. */
  state(): Promise<ServiceState>;
}

/** How a service is. */
export interface ServiceState {
  /** In the manager's words: `active`, `failed`, … */
  readonly state: string;
  /** Process of its daemon, where it runs. */
  readonly pid: number | undefined;
}

/** The manager of services for a place, asked in an environment. */
export function serviceManager(place: ServicePlace, env: NodeJS.ProcessEnv): ServiceManager {
  const { kind, name, file } = place;
  const ask = (...words: string[]): Promise<string> => askManager(kind, words, env);
  const parts = {
    place,
    installed(): string | undefined {
      try {
        return readFileSync(file, 'utf8');
      } catch {
        return undefined;
      }
    },
  };
  if (kind === 'systemd') {
    return {
      ...parts,
      fault: () => faultOf(ask('show-environment')),
      async install(text) {
        write(file, text);
        await ask('daemon-reload');
        await ask('enable', '--now', name);
      },
      async uninstall() {
        await ask('disable', '--now', name).catch(() => undefined);
        rmSync(file, { force: true });
        await ask('daemon-reload');
      },
      async state() {
        const shown = await ask('show', '--property=ActiveState,MainPID', name).catch(() => '');
        const value = (property: string): string =>
          new RegExp(`^${property}=(.*)$`, 'm').exec(shown)?.[1] ?? '';
        return { state: value('ActiveState') || 'unknown', pid: Number(value('MainPID')) || undefined };
      },
    };
  }
  const target = launchdTarget(name);
  return {
    ...parts,
    fault: () => faultOf(ask('print', launchdTarget())),
    async install(text) {
      write(file, text);
      await ask('bootout', target).catch(() => undefined);
      await ask('bootstrap', launchdTarget(), file);
    },
    async uninstall() {
      await ask('bootout', target).catch(() => undefined);
      rmSync(file, { force: true });
    },
    async state() {
      const shown = await ask('print', target).catch(() => '');
      const state = /^\s*state = (.+)$/m.exec(shown)?.[1] ?? 'unknown';
      return { state, pid: Number(/^\s*pid = (\d+)$/m.exec(shown)?.[1]) || undefined };
    },
  };
}

async function faultOf(asking: Promise<unknown>): Promise<string | undefined> {
  try {
    await asking;
    return undefined;
  } catch (error) {
    const { stderr = '', code, message } = error as Error & { stderr?: string; code?: unknown };
    if (code === 'ENOENT') return 'there is none on this machine';
    return stderr.trim().split('\n')[0] || message;
  }
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
