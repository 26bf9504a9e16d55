/** Parts of a time of day, and of a day where one is named, as a usage limit's words give them. */
interface Named {
  /** 0 to 11; undefined where only a time of day is named. */
  readonly month: number | undefined;
  readonly day: number | undefined;
  readonly hour: number;
  readonly minute: number;
  /** IANA name; undefined means this machine's own. */
  readonly zone: string | undefined;
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** `usage limit reached|1762952400`: seconds since 1970. */
const epoch = /limit reached\|(\d{9,11})\b/i;

/** `resets 8:30pm (Asia/Tokyo)`, `resets Jul 31, 2am (UTC)`, `resets Sep 15 at 7pm`, `will reset at 3pm (America/Bogota)`. */
const words =
  /\bresets?(?: at)? (?:(\p{L}{3})\p{L}* (\d{1,2}),?(?: at)? )?(\d{1,2})(?::(\d{2}))? ?([ap]m)(?: \(([\w+-]+(?:\/[\w+-]+)*)\))?/iu;

const dayMs = 24 * 60 * 60_000;

/** When a usage limit ends, as its own words say; undefined where they name no time that can be understood. */
export function resetTime(text: string, now: Date): Date | undefined {
  const seconds = epoch.exec(text)?.[1];
  if (seconds !== undefined) return new Date(Number(seconds) * 1000);
  const named = namedIn(text);
  if (named === undefined) return undefined;
  try {
    return next(named, now);
  } catch {
    // Not a time zone that this machine knows.
    return undefined;
  }
}

function namedIn(text: string): Named | undefined {
  const found = words.exec(text);
  if (!found) return undefined;
  const [, name, date, clock, minutes = '0', half = '', zone] = found;
  const month = name === undefined ? undefined : months.indexOf(name.toLowerCase());
  if (month === -1) return undefined;
  const hour = (Number(clock) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  if (Number(clock) > 12 || Number(minutes) > 59) return undefined;
  return { month, day: date === undefined ? undefined : Number(date), hour, minute: Number(minutes), zone };
}

/** The first such time after `now`; a little before it still counts, as the words take some time to come here. */
function next(named: Named, now: Date): Date {
  const here = fieldsIn(named.zone, now);
  const lately = now.getTime() - 10 * 60_000;
  if (named.month === undefined || named.day === undefined) {
    const today = instant(named.zone, { ...here, hour: named.hour, minute: named.minute });
    if (today.getTime() > lately) return today;
    const tomorrow = fieldsIn(named.zone, new Date(today.getTime() + dayMs));
    return instant(named.zone, { ...tomorrow, hour: named.hour, minute: named.minute });
  }
  const { month, day, hour, minute } = named;
  const thisYear = instant(named.zone, { year: here.year, month, day, hour, minute });
  // In December a limit ends in January.
  if (thisYear.getTime() > now.getTime() - 180 * dayMs) return thisYear;
  return instant(named.zone, { year: here.year + 1, month, day, hour, minute });
}

interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

/** What calendar and clock of a zone show at an instant. */
function fieldsIn(zone: string | undefined, at: Date): Fields {
  const format = new Intl.DateTimeFormat('en-US', {
    ...(zone !== undefined && { timeZone: zone }),
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return {
    year: part('year'),
    month: part('month') - 1,
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
  };
}

const asUtc = ({ year, month, day, hour, minute }: Fields): number =>
  Date.UTC(year, month, day, hour, minute);

/** The instant at which a zone's clock shows these fields. */
function instant(zone: string | undefined, fields: Fields): Date {
  const wanted = asUtc(fields);
  let at = wanted;
  // Twice: the offset at the first guess may be that of the other side of a change to summer time.
  for (let round = 0; round < 2; round++) at += wanted - asUtc(fieldsIn(zone, new Date(at)));
  return new Date(at);
}
