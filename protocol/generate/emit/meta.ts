import { commonErrors } from '../../row.js';
import { liveOnlyTypes, type EventType } from '../../shapes/event.js';
import { generatedNote } from '../typescript.js';
import { packageVersion, protocolVersion, supportedVersions } from '../../version.js';
import type { Model, RowModel } from '../model.js';

function describe({ row, params, result }: RowModel): Record<string, unknown> {
  const { name, summary, direction, stability, since, capability } = row;
  const shared = { name, summary, direction, stability, since, capability, params };
  return row.kind === 'request' ? { ...shared, result, errors: row.errors } : shared;
}

/** `protocol/schema/meta.json`: the names of everything there is; shapes are those of `schema.json`. */
export function emitMeta(model: Model): Record<string, unknown> {
  const rows = (kind: string): RowModel[] => model.rows.filter(({ row }) => row.kind === kind);
  return {
    $comment: generatedNote,
    package: packageVersion,
    protocolVersion,
    supportedVersions,
    capabilities: [...new Set(model.rows.map(({ row }) => row.capability))],
    methods: rows('request').map(describe),
    notifications: rows('notification').map(describe),
    events: model.events.map((type) => ({ type, stored: !liveOnlyTypes.has(type as EventType) })),
    commonErrors,
    errors: model.errors.map(({ kind, code, retryable, message, hint }) => ({
      kind,
      code,
      retryable,
      message,
      hint,
    })),
  };
}
