/** What a plot shows, before it is drawn: lines over seconds, with what is missing as null. */
import { median } from '../harness/statistics.ts';
import type { Unit } from './figures.ts';
import type { Phase } from './record.ts';

/** How the seconds of one point become one value where there are more seconds than room. */
export type Merge = 'mean' | 'median' | 'most';

export interface Line {
  label: string;
  values: readonly (number | null)[];
  /** `main` and `second` are data, `quiet` is what they are held against. */
  look: 'main' | 'second' | 'quiet' | 'bound';
  merge: Merge;
}

export interface Plot {
  /** Also the name of its file. */
  id: string;
  title: string;
  /** Said after the unit on the axis: `events/s`. */
  quantity: string;
  unit: Unit;
  /** Seconds since the load began, rising; one for each value of each line. */
  times: readonly number[];
  lines: readonly Line[];
  phases: readonly Pick<Phase, 'name' | 'from' | 'seconds'>[];
  /** The axis never ends below this. */
  atLeast?: number;
  mayBeLog?: boolean;
}

/** Samples come once a second; beyond this one is missing. */
const GAP_S = 1.6;

/** How many seconds stand in one point of a plot with room for `most` of them. */
export function secondsPerPoint(plot: Plot, most: number): number {
  return Math.max(1, Math.ceil(plot.times.length / Math.max(1, most)));
}

/** Stretches without a gap, each cut into runs of `size` samples; indices into `times`. */
export function pointsOf(times: readonly number[], size: number): { gap: boolean; indices: number[] }[] {
  const points: { gap: boolean; indices: number[] }[] = [];
  for (const [i, at] of times.entries()) {
    const gap = i > 0 && at - times[i - 1]! > GAP_S;
    const last = points.at(-1);
    if (!last || gap || last.indices.length >= size) points.push({ gap, indices: [i] });
    else last.indices.push(i);
  }
  return points;
}

export function known(values: readonly (number | null | undefined)[]): number[] {
  return values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
}

export function merged(values: readonly (number | null)[], merge: Merge): number | null {
  const found = known(values);
  if (found.length === 0) return null;
  if (merge === 'median') return median(found);
  return merge === 'most' ? Math.max(...found) : found.reduce((sum, value) => sum + value, 0) / found.length;
}

export function hasValues(plot: Plot): boolean {
  return plot.lines.some(({ values }) => known(values).length > 0);
}
