/**
 * Whether a path is one of those that patterns name, or lies in one: `*` and `?` stay within a name, `**` does not. A
 * pattern without a slash fits a name at any depth.
 */
export function fitsAny(patterns: readonly string[]): (path: string) => boolean {
  const expressions = patterns.map(expression);
  return (path) => expressions.some((each) => each.test(path));
}

function expression(pattern: string): RegExp {
  const trimmed = pattern.replace(/^\.?\//, '').replace(/\/+$/, '');
  const source = trimmed
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => {
      switch (part) {
        case '**/':
          return '(?:[^/]+/)*';
        case '**':
          return '.*';
        case '*':
          return '[^/]*';
        case '?':
          return '[^/]';
        default:
          return part.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
      }
    })
    .join('');
  const start = trimmed.includes('/') ? '^' : '(?:^|/)';
  return new RegExp(`${start}${source}(?:/|$)`, 's');
}
