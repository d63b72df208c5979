/**
 * RFC 3339 date-times with an offset, as milliseconds. `Date.parse` takes much that RFC 3339 does not (no offset, no seconds, other
 * formats) and refuses leap seconds, so this reads the fixed columns itself.
 */

const ZERO = 48;
const DAY_MS = 86_400_000;

/** Two digits at `at`, or NaN. */
function two(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO;
  const ones = text.charCodeAt(at + 1) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 1970-01-01 to this day of the proleptic Gregorian calendar. */
function daysSince1970(year: number, month: number, day: number): number {
  // Years are counted from March, so that the leap day is the last day of a year.
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = (month + 9) % 12;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return 365 * marchYear + leapDays + Math.floor((153 * marchMonth + 2) / 5) + day - 719_469;
}

/** Milliseconds since 1970 of an RFC 3339 date-time such as `2026-01-31T12:00:00.25+01:00`, or NaN for any other text. */
export function parseTimestamp(text: string): number {
  const year = two(text, 0) * 100 + two(text, 2);
  const month = two(text, 5);
  const day = two(text, 8);
  const hour = two(text, 11);
  const minute = two(text, 14);
  const second = two(text, 17);
  const t = text.charCodeAt(10) | 0x20;
  if (text[4] !== '-' || text[7] !== '-' || t !== 0x74 || text[13] !== ':' || text[16] !== ':') return Number.NaN;
  // 60 is a leap second; it counts as the first second of the next minute. Comparisons with NaN are false.
  if (!(month >= 1 && month <= 12 && day >= 1 && hour <= 23 && minute <= 59 && second <= 60)) return Number.NaN;
  if (!(day <= daysInMonth(year, month))) return Number.NaN;

  let at = 19;
  let fraction = 0;
  if (text[at] === '.') {
    const from = ++at;
    for (let digit = text.charCodeAt(at) - ZERO; digit >= 0 && digit <= 9; digit = text.charCodeAt(++at) - ZERO) {
      if (at - from < 3) fraction += digit * (at === from ? 100 : at === from + 1 ? 10 : 1);
    }
    if (at === from) return Number.NaN;
  }
  const ms = daysSince1970(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + fraction;
  return ms - offsetMinutes(text, at) * 60_000;
}

/** The offset that ends the text at `at`, or NaN. */
function offsetMinutes(text: string, at: number): number {
  const sign = text[at];
  if (sign === 'Z' || sign === 'z') return text.length === at + 1 ? 0 : Number.NaN;
  if ((sign !== '+' && sign !== '-') || text.length !== at + 6 || text[at + 3] !== ':') return Number.NaN;
  const hours = two(text, at + 1);
  const minutes = two(text, at + 4);
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN;
  return (hours * 60 + minutes) * (sign === '-' ? -1 : 1);
}
