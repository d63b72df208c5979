/** From seconds to what a chart draws: a list of times and a list of values for each line. Pure. */
import type { Second } from './seconds.ts';

export type Read = (second: Second) => number;
/** Times in seconds since 1970, as the charts want them; null where a line breaks off. */
export type Columns = [times: number[], ...values: (number | null)[][]];

/** Where so much time is missing, the page was not told: lines do not run over it. */
const HOLE_MS = 2_500;

export function columns(seconds: readonly Second[], reads: readonly Read[]): Columns {
  const times: number[] = [];
  const values = reads.map((): (number | null)[] => []);
  let before = Number.POSITIVE_INFINITY;
  for (const second of seconds) {
    if (second.at - before > HOLE_MS) {
      times.push((before + 1) / 1000);
      for (const list of values) list.push(null);
    }
    before = second.at;
    times.push(before / 1000);
    for (let i = 0; i < values.length; i++) values[i]!.push(reads[i]!(second));
  }
  return [times, ...values];
}

/** Each list with all those after it added: drawn in this order, each leaves of the one before what is its own. */
export function stack([times, ...values]: Columns): Columns {
  const sums: (number | null)[][] = [];
  for (let i = values.length - 1; i >= 0; i--) {
    const above = sums[0];
    sums.unshift(values[i]!.map((value, at) => (value === null ? null : value + (above?.[at] ?? 0))));
  }
  return [times, ...sums];
}

/** The seconds of the last `ms`, from the newest one on. */
export function since(seconds: readonly Second[], ms: number): readonly Second[] {
  const from = (seconds.at(-1)?.at ?? 0) - ms;
  return seconds.filter(({ at }) => at > from);
}

export interface Summary {
  last: number;
  lowest: number;
  highest: number;
}

/** null without any second. */
export function summarise(seconds: readonly Second[], read: Read): Summary | null {
  if (seconds.length === 0) return null;
  const values = seconds.map(read);
  return { last: values.at(-1)!, lowest: Math.min(...values), highest: Math.max(...values) };
}

export interface Sample {
  /** Of the newest second in it. */
  at: number;
  /** The highest of each line. */
  values: number[];
}

/** One row for each `stepMs`, the newest first: the table beside a chart. */
export function samples(seconds: readonly Second[], stepMs: number, reads: readonly Read[]): Sample[] {
  const found: Sample[] = [];
  for (const second of [...seconds].reverse()) {
    const values = reads.map((read) => read(second));
    const last = found.at(-1);
    if (last && Math.floor(second.at / stepMs) === Math.floor(last.at / stepMs)) {
      last.values = last.values.map((value, i) => Math.max(value, values[i]!));
    } else found.push({ at: second.at, values });
  }
  return found;
}

/** Events by name, from their rates: each counts for the time since the second before it. */
export function totals(seconds: readonly Second[], read: (second: Second) => Readonly<Record<string, number>>) {
  const sums = new Map<string, number>();
  seconds.forEach((second, i) => {
    const before = seconds[i - 1]?.at ?? second.at - 1_000;
    const step = Math.min(second.at - before, HOLE_MS) / 1000;
    for (const [name, rate] of Object.entries(read(second))) sums.set(name, (sums.get(name) ?? 0) + rate * step);
  });
  return [...sums].map(([name, total]) => ({ name, total: Math.round(total) })).sort((a, b) => b.total - a.total);
}
