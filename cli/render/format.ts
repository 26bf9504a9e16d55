import type { Usage } from '../../client/generated/types.js';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const two = (value: number): string => String(value).padStart(2, '0');

/** A duration in milliseconds for people: `40ms`, `1.4s`, `12s`, `2m03s`, `1h05m`, `3d4h`. */
export function formatDuration(ms: number): string {
  if (!(ms > 0)) return '0s';
  if (ms < second) return `${Math.round(ms)}ms`;
  if (ms < 10 * second) return `${(Math.floor(ms / 100) / 10).toString()}s`;
  if (ms < minute) return `${Math.floor(ms / second)}s`;
  if (ms < hour) return `${Math.floor(ms / minute)}m${two(Math.floor((ms % minute) / second))}s`;
  if (ms < day) return `${Math.floor(ms / hour)}h${two(Math.floor((ms % hour) / minute))}m`;
  return `${Math.floor(ms / day)}d${Math.floor((ms % day) / hour)}h`;
}

/** How long ago an ISO 8601 time was; a clock that disagrees gives `0s`. */
export function formatAge(since: string, now: number): string {
  return formatDuration(Math.max(0, now - Date.parse(since)));
}

/** A count for people: `950`, `1.2k`, `34k`, `5.6M`. */
export function formatCount(value: number): string {
  for (const [unit, sign] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    // The rounded value decides, so that 999,950 is `1M` and never `1000k`.
    if (value >= unit * 0.9995 && value >= 1000) {
      const scaled = value / unit;
      return `${scaled < 9.95 ? scaled.toFixed(1).replace(/\.0$/, '') : scaled.toFixed(0)}${sign}`;
    }
  }
  return String(value);
}

/** US dollars: `$0.0042`, `$1.23`; `-` for nothing. */
export function formatCost(usd: number): string {
  if (usd === 0) return '-';
  return usd < 0.1 ? `$${usd.toFixed(4)}` : `$${usd.toFixed(2)}`;
}

/** Bytes for people, in binary units: `72 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${units[unit] ?? ''}`;
}

/** A share of one processor: `3%`, `0.4%`, `250%`. */
export function formatPercent(percent: number): string {
  return `${percent >= 10 || percent === 0 ? Math.round(percent) : percent.toFixed(1).replace(/\.0$/, '')}%`;
}

/** Tokens that went into the brain (read from and written to its cache included) and tokens that came out. */
export function formatTokens(usage: Usage): string {
  const input = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  if (input === 0 && usage.outputTokens === 0) return '-';
  return `${formatCount(input)}/${formatCount(usage.outputTokens)}`;
}

/** A local date and time to the second, `2026-11-21 09:00:01`. */
export function formatTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}
