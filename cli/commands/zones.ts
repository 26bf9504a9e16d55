import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { ListedZone } from '../../client/zones.js';
import { withExamples, type Bind } from '../declare.js';
import { formatAge } from '../render/format.js';
import { oneLine } from '../render/sanitize.js';
import type { Style } from '../render/style.js';
import { renderTable, type Cell } from '../render/table.js';

interface Options {
  readonly forget?: string;
  readonly force?: true;
}

/** `khlone zones` */
export function define(command: Command, bind: Bind): void {
  command
    .option(
      '--forget <zone>',
      'remove all that is kept of a zone, by its id or folder; its worktree is not touched',
    )
    .option('--force', 'with --forget: also where the worktree is still there');
  withExamples(command, ['khlone zones', 'khlone zones --forget 0123456789abcdef']);
  command.action(
    bind<Options>(async (context, { options: { forget, force } }) => {
      const { out, env } = context;
      if (forget !== undefined) {
        const { forgetNamed } = await import('../mend/forgetNamed.js');
        const forgotten = await forgetNamed(env, forget, force === true);
        if (out.json) out.object(forgotten);
        else out.write(`All that was kept of ${oneLine(forgotten.root)} is gone.\n`);
        return 'done';
      }
      const { listZones } = await import('../../client/zones.js');
      const zones = await listZones(env);
      if (out.json) {
        out.object({ zones });
        return 'done';
      }
      const { style, columns } = out.results;
      if (zones.length === 0) {
        out.write(`${style.dim('No zones yet. Start in a repository: khlone enroll mechanic')}\n`);
        return 'done';
      }
      const now = Date.now();
      out.write(
        renderTable({
          style,
          columns,
          head: [
            { title: 'ZONE', shrinkTo: 24 },
            { title: 'DAEMON' },
            { title: 'PID', align: 'right', drop: 3 },
            { title: 'UP', align: 'right', drop: 4 },
            { title: 'VERSION', drop: 2 },
            { title: 'ID', drop: 1 },
          ],
          rows: zones.map((zone) => [
            { text: zone.root, paint: style.bold },
            stateOf(zone, style),
            zone.alive ? String(zone.pid) : '-',
            zone.alive ? formatAge(zone.startedAt, now) : '-',
            zone.version,
            { text: zone.id, paint: style.dim },
          ]),
        }),
      );
      return 'done';
    }),
  );
}

function stateOf({ alive, root }: ListedZone, style: Style): Cell {
  if (alive) return { text: 'runs', paint: style.green };
  return existsSync(root) ? { text: 'off', paint: style.dim } : { text: 'gone', paint: style.yellow };
}
