/**
 * How figures are written, the same everywhere: about three significant digits, a narrow space before the unit, and lengths that change as
 * little as possible from one second to the next. Pure.
 */

const SPACE = '\u202f';
const GROUPED = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const LARGE = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
/** From here on whole numbers are shortened. */
const SHORTENED_FROM = 100_000;

/** What stands where there is no figure yet. */
export const NOTHING = '–';

/** `0`, `0.4`, `12`, `1,204`, `98,765`, `123 k`, `1.20 M`. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return NOTHING;
  const size = Math.abs(value);
  if (size < 10 && !Number.isInteger(value)) return value.toFixed(1);
  if (size < SHORTENED_FROM) return GROUPED.format(value);
  const [unit, letter] = LARGE.find(([least]) => size >= least)!;
  return `${digits(value / unit)}${SPACE}${letter}`;
}

/** Of positions, where every digit counts: `1,234,567`. */
export function whole(value: number): string {
  return Number.isFinite(value) ? GROUPED.format(value) : NOTHING;
}

export function perSecond(value: number): string {
  return `${count(value)}${SPACE}/s`;
}

/** Latencies: `0 ms`, `0.42 ms`, `4.20 ms`, `42 ms`, `1.20 s`, and beyond a minute as `age`. */
export function milliseconds(ms: number): string {
  if (!Number.isFinite(ms)) return NOTHING;
  if (ms === 0) return `0${SPACE}ms`;
  if (ms < 10) return `${ms.toFixed(2)}${SPACE}ms`;
  if (ms < 1_000) return `${ms.toFixed(0)}${SPACE}ms`;
  return ms < 60_000 ? `${digits(ms / 1_000)}${SPACE}s` : age(ms);
}

/** How long ago, or for how long: `0 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function age(ms: number): string {
  if (!Number.isFinite(ms)) return NOTHING;
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds}${SPACE}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}${SPACE}min ${seconds % 60}${SPACE}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}${SPACE}h ${minutes % 60}${SPACE}min`;
  return `${Math.floor(hours / 24)}${SPACE}d ${hours % 24}${SPACE}h`;
}

/** `0 B`, `512 B`, `1.50 KiB`, `64.0 MiB`. */
export function bytes(value: number): string {
  if (!Number.isFinite(value)) return NOTHING;
  let unit = 0;
  let amount = value;
  for (; Math.abs(amount) >= 1024 && unit < BINARY.length - 1; unit++) amount /= 1024;
  return `${unit === 0 ? GROUPED.format(amount) : digits(amount)}${SPACE}${BINARY[unit]}`;
}

/** Of a part of one. Whatever is not nothing does not look like nothing. */
export function percent(part: number): string {
  if (!Number.isFinite(part)) return NOTHING;
  const hundredths = part * 100;
  if (hundredths > 0 && hundredths < 1) return `<1${SPACE}%`;
  return `${Math.round(hundredths)}${SPACE}%`;
}

/** Time of day of the reader: `14:03:07`, or `14:03`. */
export function clock(at: number, seconds = true): string {
  const date = new Date(at);
  const parts = [date.getHours(), date.getMinutes(), ...(seconds ? [date.getSeconds()] : [])];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** `1 event`, `2 events`. */
export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** Three significant digits of a number from 1 to below 1024. */
function digits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}
