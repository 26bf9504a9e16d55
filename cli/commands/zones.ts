import type { Command } from 'commander';
import { withExamples, type Bind } from '../declare.js';
import { formatAge } from '../render/format.js';
import { renderTable } from '../render/table.js';

/** `khlone zones` */
export function define(command: Command, bind: Bind): void {
  withExamples(command, ['khlone zones']);
  command.action(
    bind(async ({ out, env }) => {
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
            zone.alive ? { text: 'runs', paint: style.green } : { text: 'off', paint: style.dim },
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
