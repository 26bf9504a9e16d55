import { spawn } from '@lydell/node-pty';

/** A program in a terminal of this process: the least that anything can take. */
export function bareTerminal({ command, env, cwd }) {
  const [program, ...args] = command;
  const pty = spawn(program, args, { cols: 80, rows: 24, cwd, env, encoding: null });
  let hear = () => {};
  pty.onData((chunk) => hear(chunk.length, chunk));
  const gone = new Promise((resolve) => pty.onExit(resolve));
  return {
    write: (text) => pty.write(text),
    onBytes: (listener) => (hear = listener),
    async close() {
      pty.kill('SIGKILL');
      await gone;
    },
  };
}
