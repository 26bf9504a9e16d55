import { table } from '../table.js';
import type { Row } from '../row.js';
import { resolveReferences } from './references.js';

const rows: ReadonlyMap<string, Row> = new Map(table.map((row: Row) => [row.name, row]));

/** The params of a row's example, with the sample answers of earlier calls in the place of references to them. */
export function sampleParams(row: Row): Record<string, unknown> {
  const resolved = resolveReferences(
    row.example.params,
    (name) => rows.has(name),
    (name) => {
      const earlier = rows.get(name);
      return earlier?.kind === 'request' ? earlier.example.result : undefined;
    },
  );
  return resolved as Record<string, unknown>;
}
