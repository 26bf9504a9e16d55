import { spawnSync } from 'node:child_process';
import { interleaved, median, millis, row } from './measure.mjs';
import { cli, inScratchZone } from './scratch.mjs';

const run = (args, env) => {
  const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`node ${args.join(' ')} exited with ${status}: ${stderr}`);
};

/** `khlone status` on a running daemon, against a Node that does nothing; wall time of the whole process. */
export function statusCommand() {
  return inScratchZone(async ({ zone, env, open }) => {
    const khlone = await open();
    await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' });
    const works = {
      ours: () => run([cli, 'status', '--zone', zone], env),
      bare: () => run(['-e', '0'], env),
    };
    try {
      await interleaved({ blocks: 1, perBlock: 3, ...works });
      const { ours, bare } = await interleaved({ blocks: 30, perBlock: 1, ...works });
      const [a, b] = [median(ours), median(bare)];
      return [
        row({
          name: 'khlone status, p50, against node -e 0',
          limit: 2,
          value: a / b,
          unit: 'x',
          detail: `${millis(a)} against ${millis(b)}`,
        }),
      ];
    } finally {
      await khlone.close();
    }
  });
}
