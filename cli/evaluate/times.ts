/** Times of click logs: seconds, milliseconds or microseconds since 1970, or a date as ISO 8601 has it, with a space instead of the T if need be. */

/** Beyond these a number of seconds, or of ms, would be a date thousands of years away. */
const MOST_SECONDS = 1e11;
const MOST_MS = 1e14;
const NUMBER = /^\d+(\.\d+)?$/;
const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( ?(Z|UTC|[+-]\d{2}:?\d{2}))?)?$/;

/** ms since 1970; NaN for anything else. A time without a zone is UTC. */
export function parseTime(text: string): number {
  if (NUMBER.test(text)) return scaled(Number(text));
  if (!DATE.test(text)) return Number.NaN;
  const iso = text
    .replace(' ', 'T')
    .replace(/ ?UTC$/, 'Z')
    .replace(' ', '');
  return Date.parse(/T.*(Z|[+-]\d{2}:?\d{2})$/.test(iso) || iso.length === 10 ? iso : `${iso}Z`);
}

function scaled(value: number): number {
  if (value < MOST_SECONDS) return value * 1000;
  return value < MOST_MS ? value : value / 1000;
}
