/** How the player writes what it shows. Pure. */
import { age, count, NOTHING, percent } from '../../shared/format.ts';

/** `3:07`, as players write it. */
export function minutes(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** A colour of its own for each track, in degrees. */
export function hueOf(id: string): number {
  let hash = 0;
  for (const letter of id) hash = (hash * 31 + letter.codePointAt(0)!) % 360;
  return hash;
}

interface Row {
  reference: string;
  label: string;
  write: (value: number) => string;
}

/** The features that tell most of what just happened; the others stand below them. */
export const MAIN_FEATURES: readonly Row[] = [
  { reference: 'session:position', label: 'Tracks in this session', write: count },
  { reference: 'session:skips_in_a_row', label: 'Skips in a row', write: count },
  { reference: 'user:plays_total', label: 'Plays', write: count },
  { reference: 'user:skips_total', label: 'Left before 30 s', write: count },
  { reference: 'user:listens_total', label: 'Left later', write: count },
  { reference: 'user:completions_total', label: 'Heard to the end', write: count },
  { reference: 'user:likes_total', label: 'Likes', write: count },
  { reference: 'user:dislikes_total', label: 'Dislikes', write: count },
  { reference: 'user:skip_rate_1d', label: 'Skip rate, one day', write: percent },
  { reference: 'user:seconds_total', label: 'Time heard', write: (seconds) => age(seconds * 1_000) },
  { reference: 'user:clicks_total', label: 'Picked from lists', write: count },
  { reference: 'user:events_total', label: 'Events', write: count },
];

export function writeMain({ reference, write }: Row, values: Record<string, unknown>): string {
  const value = values[reference];
  return typeof value === 'number' ? write(value) : NOTHING;
}

/** `[name, weight]` pairs of the feature `taste:artists` or `taste:genres`: the most liked first. */
export function likedMost(value: unknown, most: number): string[] {
  if (!Array.isArray(value)) return [];
  const pairs = value.filter((pair): pair is [string, number] => Array.isArray(pair) && pair[1] > 0);
  return pairs.slice(0, most).map(([name]) => String(name));
}

/** Any feature, in one line. */
export function writeFeature(value: unknown): string {
  if (value === null || value === undefined) return NOTHING;
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toPrecision(4);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
