import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Whether there is a tmux to compare with. */
export const tmuxThere = spawnSync('tmux', ['-V']).status === 0;

const newline = 0x0a;
const backslash = 0x5c;
const output = Buffer.from('%output %0 ');

/**
 * A program in a terminal of a tmux server of its own, driven in control mode, as editors and terminals that
 * build on tmux do. What it prints is only counted, not even unescaped: tmux is not held up by its client.
 */
export async function tmuxTerminal({ command, env, cwd, folder }) {
  const args = ['-S', `${folder}/tmux`, '-f', '/dev/null', '-C', 'new-session', '-x', '80', '-y', '24'];
  const tmux = spawn('tmux', [...args, ...command], { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] });
  let hear = () => {};
  let rest = Buffer.alloc(0);
  tmux.stdout.on('data', (chunk) => {
    const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = text.indexOf(newline); end !== -1; end = text.indexOf(newline, from)) {
      const start = from + output.length;
      if (start <= end && output.compare(text, from, start) === 0) hear(lengthOf(text, start, end));
      from = end + 1;
    }
    rest = text.subarray(from);
  });
  const gone = once(tmux, 'exit');
  await once(tmux.stdout, 'data');
  return {
    write: (text) => tmux.stdin.write(`send-keys -t %0 -l ${text}\n`),
    onBytes: (listener) => (hear = listener),
    async close() {
      tmux.stdin.write('kill-server\n');
      await gone;
    },
  };
}

/** Bytes of an escaped text: control characters and backslashes came as `\ooo`. */
function lengthOf(text, start, end) {
  let length = end - start;
  for (let at = text.indexOf(backslash, start); at !== -1 && at < end; at = text.indexOf(backslash, at + 4)) {
    length -= 3;
  }
  return length;
}
