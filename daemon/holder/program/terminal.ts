import { closeSync, readSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { type Brain, type BrainSink, identifyBrain } from './brain.js';
import { forkPty, resizePty } from './forkPty.js';
import { Gather } from './gather.js';
import { InputQueue } from './inputQueue.js';
import { locate } from './locate.js';
import { type HeldSize, mainChannel, type ProcessExit, runMarker, type SpawnOrder } from './wire.js';

/** Most that is read at once, in bytes. */
const readBytes = 64 * 1024;
/** How often, and at what distance in ms, it is looked whether others that hold the terminal still write to it. */
const lastLooks = 10;
const lastLookMs = 10;

/** Starts a program in a terminal. @throws the system's error */
export function startInTerminal(
  order: SpawnOrder & { readonly size: HeldSize },
  run: string,
  sink: BrainSink,
): Brain {
  const { args, cwd, size } = order;
  const env = { ...order.env, [runMarker]: run };
  const pty = forkPty({ file: locate(order), args, env, cwd, size, exited: (exit) => ended(exit) });
  const identity = identifyBrain(pty.pid, run);
  const input = new InputQueue(pty.master, (taken) => sink.taken(taken));
  const gather = new Gather((chunk) => sink.output(mainChannel, chunk));
  const reader = readMaster(pty.master, (chunk) => gather.push(chunk));
  let alive = true;
  const ended = (exit: ProcessExit): void => {
    alive = false;
    input.close();
    sink.ended(exit);
    // From here on it is read by hand, down to the very end.
    reader.pause();
    gather.flush();
    closeSync(pty.slave);
    drain(pty.master, {
      output: (chunk) => sink.output(mainChannel, chunk),
      done() {
        reader.destroy();
        sink.drained();
      },
    });
  };
  return {
    identity,
    input: (data) => input.push(data),
    typed: (data) => input.offer(data),
    endInput: () => undefined,
    resize(to) {
      if (alive) resizePty(pty.master, to);
    },
    flow: () => undefined,
  };
}

function readMaster(master: number, output: (chunk: Buffer) => void): ReadStream {
  const options = {
    // An end that is reported too early must not close the master.
    allowHalfOpen: true,
    onread: {
      buffer: Buffer.alloc(readBytes),
      callback: (bytes: number, buffer: Buffer) => {
        output(buffer.subarray(0, bytes));
        return true;
      },
    },
  };
  const reader = new ReadStream(master, options);
  reader.on('error', () => undefined);
  reader.resume();
  return reader;
}

/** Reads what the kernel still has; it hands over everything before it says that there is no other side. */
function drain(
  master: number,
  to: { readonly output: (chunk: Buffer) => void; readonly done: () => void },
  looks = lastLooks,
): void {
  const buffer = Buffer.allocUnsafe(readBytes);
  try {
    for (let bytes = readSync(master, buffer); bytes > 0; bytes = readSync(master, buffer))
      to.output(buffer.subarray(0, bytes));
  } catch (error) {
    const held = (error as NodeJS.ErrnoException).code === 'EAGAIN';
    if (held && looks > 0) {
      setTimeout(() => drain(master, to, looks - 1), lastLookMs);
      return;
    }
  }
  to.done();
}
