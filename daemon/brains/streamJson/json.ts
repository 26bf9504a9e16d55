/** A JSON object of unknown shape. What a brain prints is never trusted to have any. */
export type Json = Readonly<Record<string, unknown>>;

export const asObject = (value: unknown): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;

export const asArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const asString = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** A finite number, else 0. */
export const asNumber = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : 0;

/** The object members of an array; anything else in it is passed over. */
export const objectsOf = (value: unknown): readonly Json[] =>
  asArray(value).flatMap<Json>((item) => asObject(item) ?? []);

/** Parses a line that must be one JSON object; undefined for anything else. */
export function parseObject(line: string): Json | undefined {
  try {
    return asObject(JSON.parse(line));
  } catch {
    return undefined;
  }
}
