/** Values that differ from run to run, by the name of their member. Their type is compared, not what they say. */
const volatile = new Set([
  'id',
  'pid',
  'at',
  'conversation',
  'subscription',
  'task',
  'approval',
  'epoch',
  'seq',
  'socket',
  'state',
  'database',
  'log',
  'uptimeMs',
  'rssBytes',
  'heapUsedBytes',
  'version',
  'text',
  'summary',
  'inputTokens',
  'outputTokens',
  'cacheWriteTokens',
  'cacheReadTokens',
  'costUsd',
  'run',
  'offset',
  'end',
  'data',
]);

const isVolatile = (name: string): boolean => volatile.has(name) || /[a-z]At$/.test(name);

/** An id inside a text is another one in each run. */
const masked = (value: unknown): unknown =>
  typeof value === 'string' ? value.replace(/\b[tas]_[0-9a-z]{6,}/g, '<id>') : value;

const kindOf = (value: unknown): string =>
  Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;

const isObject = (value: unknown): value is Record<string, unknown> => kindOf(value) === 'object';

/** What two values are compared with. */
export interface StructureOptions {
  /** Members that may be there or not and have any value of their type, as two things race. */
  readonly racing?: readonly string[];
}

/**
 * Where an answer differs from an example: missing and surplus members, other types, and other values except the
 * volatile ones. Elements of an array with a `name` are found by it, since a machine may have more of them.
 */
export function differences(actual: unknown, example: unknown, options: StructureOptions = {}): string[] {
  return compare({ actual, example }, { ...options, path: [] });
}

interface Pair<T> {
  readonly actual: T;
  readonly example: T;
}

interface Place extends StructureOptions {
  readonly path: readonly string[];
}

const inside = (place: Place, step: string): Place => ({ ...place, path: [...place.path, step] });

function compare({ actual, example }: Pair<unknown>, place: Place): string[] {
  const { path, racing = [] } = place;
  const at = path.join('.') || 'the whole';
  const name = path.at(-1) ?? '';
  if (kindOf(actual) !== kindOf(example)) return [`${at} is ${kindOf(actual)}, not ${kindOf(example)}`];
  if (Array.isArray(example) && Array.isArray(actual)) return compareArrays({ actual, example }, place);
  if (isObject(example) && isObject(actual)) {
    const names = [...new Set([...Object.keys(example), ...Object.keys(actual)])];
    return names.flatMap((member) => {
      const inBoth = member in actual && member in example;
      if (inBoth) return compare({ actual: actual[member], example: example[member] }, inside(place, member));
      if (racing.includes(member)) return [];
      return [`${[...path, member].join('.')} is ${member in actual ? 'surplus' : 'missing'}`];
    });
  }
  if (isVolatile(name) || racing.includes(name) || masked(actual) === masked(example)) return [];
  return [`${at} is ${JSON.stringify(actual)}, not ${JSON.stringify(example)}`];
}

function compareArrays({ actual, example }: Pair<readonly unknown[]>, place: Place): string[] {
  const named = example.every((item) => isObject(item) && 'name' in item && !('role' in item));
  if (!named && actual.length !== example.length)
    return [`${place.path.join('.')} has ${actual.length} elements, not ${example.length}`];
  return example.flatMap((item, index) => {
    const found = named
      ? actual.find((other) => isObject(other) && other['name'] === (item as { name: unknown }).name)
      : actual[index];
    return compare({ actual: found, example: item }, inside(place, String(index)));
  });
}
