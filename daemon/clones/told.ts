import type { ToldOutput } from '../brains/contract.js';
import type { EventLog } from '../events/log.js';

/** Events of a clone that are looked through; a transcript's end holds no more than some thousand messages. */
const looked = 20_000;

const types = ['message.completed', 'message.typed', 'tool.started', 'tool.finished'] as const;

/** Says what of a clone's outputs is in the history already; it is read when first asked for. */
export function toldBefore(log: EventLog, clone: string): (output: ToldOutput) => boolean {
  let told: ReadonlySet<string> | undefined;
  const read = (): ReadonlySet<string> => {
    const query = { from: log.cursor.seq + 1, direction: 'backward', limit: looked } as const;
    const found = new Set<string>();
    for (const { event } of log.read({ ...query, types, clones: [clone] })) {
      if (event.type === 'message.completed' || event.type === 'message.typed')
        found.add(`${event.type} ${event.message}`);
      else if (event.type === 'tool.started' || event.type === 'tool.finished')
        found.add(`${event.type} ${event.tool}`);
    }
    return found;
  };
  return (output) => {
    told ??= read();
    return told.has(`${output.type} ${'message' in output ? output.message : output.tool}`);
  };
}
