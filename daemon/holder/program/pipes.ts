import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { type Brain, type BrainSink, identifyBrain } from './brain.js';
import { runMarker, type SpawnOrder } from './wire.js';

/** A descendant may hold the pipes open after the brain's end; output that is still to come by then is not waited for. */
const drainMs = 2_000;

/** Starts a program behind pipes. @throws the system's error */
export async function startPiped(order: SpawnOrder, run: string, sink: BrainSink): Promise<Brain> {
  const child = spawn(order.program, order.args, {
    cwd: order.cwd,
    env: { ...order.env, [runMarker]: run },
    stdio: 'pipe',
    // A session and group of its own, so that one signal reaches all of it and none of us.
    detached: true,
  });
  if (child.pid === undefined) {
    // Rejects with the reason.
    await once(child, 'spawn');
    throw new Error(`${order.program} did not start`);
  }
  // Read at once: a child that ended already stays readable until the event loop collects it.
  return pipedBrain(child, { ...sink, identity: identifyBrain(child.pid, run) });
}

function pipedBrain(
  child: ChildProcessWithoutNullStreams,
  { identity, ...sink }: BrainSink & Pick<Brain, 'identity'>,
): Brain {
  const pipes: readonly Readable[] = [child.stdout, child.stderr];
  const closed = pipes.map((pipe) => new Promise((resolve) => pipe.once('close', resolve)));
  for (const [channel, pipe] of pipes.entries()) {
    pipe.on('data', (chunk: Buffer) => sink.output(channel, chunk));
    pipe.on('error', () => undefined);
  }
  // A brain may end before it has read all that was written to it.
  child.stdin.on('error', () => undefined);
  let alive = true;
  let taken = 0;
  child.once('exit', (code, signal) => {
    alive = false;
    sink.ended({ code, signal });
    for (const pipe of pipes) pipe.resume();
    const limit = setTimeout(() => pipes.forEach((pipe) => pipe.destroy()), drainMs);
    void (async () => {
      await Promise.all(closed);
      clearTimeout(limit);
      child.stdin.destroy();
      sink.drained();
    })();
  });
  const tellTaken = (bytes: number): void => {
    taken += bytes;
    sink.taken(taken);
  };
  return {
    identity,
    input(data) {
      if (!alive || !child.stdin.writable) tellTaken(data.length);
      else child.stdin.write(data, () => tellTaken(data.length));
    },
    // Pipes have no lanes.
    typed: () => true,
    endInput: () => void child.stdin.end(),
    resize: () => undefined,
    flow(channel, on) {
      const pipe = pipes[channel];
      if (pipe === undefined || !alive || on !== pipe.isPaused()) return;
      if (on) pipe.resume();
      else pipe.pause();
    },
  };
}
