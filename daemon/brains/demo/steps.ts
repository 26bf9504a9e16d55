/** One thing the demo was told to do. */
export type Step =
  | { readonly verb: 'say'; readonly text: string }
  | { readonly verb: 'write'; readonly file: string; readonly text: string }
  | { readonly verb: 'read'; readonly file: string }
  | { readonly verb: 'ask'; readonly question: string; readonly options: readonly string[] }
  | { readonly verb: 'slow'; readonly ms: number }
  | { readonly verb: 'fail'; readonly message: string }
  | { readonly verb: 'hang'; readonly hard: boolean }
  | { readonly verb: 'big'; readonly bytes: number }
  | { readonly verb: 'remember'; readonly what: string }
  | { readonly verb: 'recall' | 'die' | 'garbage' | 'noresult' | 'logout' };

const pattern =
  /^(?:please\s+)?(write|read|ask|slow|fail|hang|big|remember|recall|die|garbage|noresult|logout)\b[ \t]*([\s\S]*)$/i;

const number = (text: string, otherwise: number): number => {
  const value = Number.parseInt(text, 10);
  return Number.isFinite(value) && value >= 0 ? value : otherwise;
};

function question(rest: string): Step {
  const end = rest.indexOf('?');
  const text = end < 0 ? rest : rest.slice(0, end + 1);
  const options = (end < 0 ? '' : rest.slice(end + 1))
    .split('|')
    .map((option) => option.trim())
    .filter((option) => option !== '');
  return {
    verb: 'ask',
    question: text.trim() || 'Shall I?',
    options: options.length > 1 ? options : ['yes', 'no'],
  };
}

function step(text: string): Step {
  const found = pattern.exec(text);
  const rest = (found?.[2] ?? '').trim();
  const verb = found?.[1]?.toLowerCase();
  switch (verb) {
    case 'write': {
      const [file = '', ...words] = rest.split(/\s+/);
      if (file === '') break;
      return { verb, file, text: `${words.join(' ') || 'Written by the khlone demo.'}\n` };
    }
    case 'read':
      if (rest === '') break;
      return { verb, file: rest };
    case 'ask':
      return question(rest);
    case 'slow':
      return { verb, ms: number(rest, 1_000) };
    case 'fail':
      return { verb, message: rest || 'told to fail' };
    case 'hang':
      return { verb, hard: rest === 'hard' };
    case 'big':
      return { verb, bytes: number(rest, 1_048_576) };
    case 'remember':
      return { verb, what: rest };
    case 'recall':
    case 'die':
    case 'garbage':
    case 'noresult':
    case 'logout':
      return { verb };
    default:
  }
  return { verb: 'say', text };
}

/** Reads what the demo was told: steps are parted by new lines, semicolons or the word "then". */
export function stepsOf(say: string): Step[] {
  const parts = say
    .split(/[\n;]|\bthen\b/)
    .map((part) => part.trim().replace(/^,|,$/g, '').trim())
    .filter((part) => part !== '');
  return parts.map(step);
}
