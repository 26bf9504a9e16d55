import { existsSync, readFileSync } from 'node:fs';
import { boundCpus, boundMemory } from './brainCgroup.js';
import { type CgroupHome, canHave, type Controller, type NoCgroup } from './cgroupHome.js';
import { inNamespace } from './namespace.js';
import type { HeldLimits, HeldProgram, HeldTag, ProcessIdentity } from './contract.js';

const bytesPerMb = 1024 * 1024;

/**
 * By what a limit is kept. `watchdog`: the memory of all its processes is looked at every few seconds, and the brain is
 * killed once it is too much. `affinity`: it runs on so many processors and no others.
 */
export interface Bounds {
  readonly memory?: 'cgroup' | 'watchdog';
  readonly cpus?: 'cgroup' | 'affinity' | 'none';
  /** By what all its processes are found at its end, where a namespace was asked for. */
  readonly processes?: 'cgroup' | 'namespace' | 'marker';
}

/** The controllers that a cgroup must have to keep some limits. */
export function controllersFor({ memoryMb, cpus }: HeldLimits): Controller[] {
  return [
    ...(memoryMb === undefined ? [] : ['memory' as const]),
    ...(cpus === undefined ? [] : ['cpu' as const]),
  ];
}

/** Bounds a cgroup, as far as it has the controllers; says what is kept by it. */
export function boundCgroup(folder: string, { memoryMb, cpus }: HeldLimits): Bounds {
  const memory = memoryMb !== undefined && did(() => boundMemory(folder, memoryMb * bytesPerMb));
  const cpu = cpus !== undefined && did(() => boundCpus(folder, cpus));
  return { ...(memory && { memory: 'cgroup' }), ...(cpu && { cpus: 'cgroup' }) };
}

/** By what limits would be kept for a brain that is started now. */
export function boundsFor(limits: HeldLimits, home: CgroupHome | NoCgroup): Bounds {
  const has = (controller: Controller): boolean => !('reason' in home) && canHave(home, controller);
  return {
    ...(limits.memoryMb !== undefined && { memory: has('memory') ? 'cgroup' : 'watchdog' }),
    ...(limits.cpus !== undefined && { cpus: has('cpu') ? 'cgroup' : affinityOrNone() }),
  };
}

const tasksets = ['/usr/bin/taskset', '/bin/taskset'];

function affinityOrNone(): 'affinity' | 'none' {
  return tasksetPath() === undefined ? 'none' : 'affinity';
}

function tasksetPath(): string | undefined {
  return process.platform === 'linux' ? tasksets.find((path) => existsSync(path)) : undefined;
}

let turns = 0;

/** A command that runs another one on so many processors; undefined where there is none. Whole ones, rounded up. */
function onProcessors(
  cpus: number,
  command: { readonly program: string; readonly args: readonly string[] },
): { readonly program: string; readonly args: readonly string[] } | undefined {
  const taskset = tasksetPath();
  if (taskset === undefined) return undefined;
  const allowed = ownProcessors();
  const wanted = Math.min(Math.ceil(cpus), allowed.length);
  if (wanted === 0) return undefined;
  // Clones are spread over the machine: each begins behind the one before.
  const chosen = Array.from({ length: wanted }, (_, at) => allowed[(turns + at) % allowed.length]);
  turns += wanted;
  return { program: taskset, args: ['-c', chosen.join(','), command.program, ...command.args] };
}

/** The processors that this process may run on. */
function ownProcessors(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number);
    return Number.isNaN(first) ? [] : Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}

/** What keeps limits already. */
export interface BoundBy {
  /** What its cgroup keeps. */
  readonly bounds?: Bounds | undefined;
  /** The path of what makes its namespace. */
  readonly wrapper?: string | undefined;
  /** Whether it has a cgroup. */
  readonly inCgroup?: boolean;
}

/**
 * A program as it is started to keep its limits, of which its cgroup keeps some already. What keeps them is noted in
 * its tag, for this daemon and the next.
 */
export function bounded(
  { program, args, tag, limits = {} }: HeldProgram,
  { bounds = {}, wrapper, inCgroup = false }: BoundBy = {},
): Pick<HeldProgram, 'program' | 'args' | 'tag'> {
  const { memoryMb, cpus, namespace } = limits;
  const inner = wrapper === undefined ? { program, args } : inNamespace(wrapper, { program, args });
  const affinity = cpus !== undefined && !bounds.cpus ? onProcessors(cpus, inner) : undefined;
  return {
    ...(affinity ?? inner),
    tag: {
      ...tag,
      ...(memoryMb !== undefined && { memoryMb: String(memoryMb), memoryBy: bounds.memory ?? 'watchdog' }),
      ...(cpus !== undefined && { cpusBy: bounds.cpus ?? (affinity ? 'affinity' : 'none') }),
      ...(namespace === true && { processesBy: wrapper ? 'namespace' : inCgroup ? 'cgroup' : 'marker' }),
    },
  };
}

/** The tag of a brain that may not have come into its cgroup. */
export function honestTag(tag: HeldTag, { cgroup }: ProcessIdentity): HeldTag {
  if (cgroup !== undefined) return tag;
  return {
    ...tag,
    ...(tag['memoryBy'] === 'cgroup' && { memoryBy: 'watchdog' }),
    ...(tag['cpusBy'] === 'cgroup' && { cpusBy: 'none' }),
    ...(tag['processesBy'] === 'cgroup' && { processesBy: 'marker' }),
  };
}

const kept = {
  memory: ['cgroup', 'watchdog'],
  cpus: ['cgroup', 'affinity', 'none'],
  processes: ['cgroup', 'namespace', 'marker'],
} as const;

/** What keeps the limits of a run. */
export function boundsOf({ memoryBy, cpusBy, processesBy }: HeldTag): Bounds {
  const memory = kept.memory.find((by) => by === memoryBy);
  const cpus = kept.cpus.find((by) => by === cpusBy);
  const processes = kept.processes.find((by) => by === processesBy);
  return { ...(memory && { memory }), ...(cpus && { cpus }), ...(processes && { processes }) };
}

/** Bytes that a watchdog allows a run; undefined where none is to look. */
export function watchedBytes({ memoryMb, memoryBy }: HeldTag): number | undefined {
  return memoryBy === 'watchdog' ? Number(memoryMb) * bytesPerMb : undefined;
}

function did(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
