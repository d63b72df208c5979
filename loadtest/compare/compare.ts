/** Medians over repetitions, side by side, and what can be said of their difference. */
import { spread } from '../harness/statistics.ts';
import type { Group, Run } from './group.ts';
import { type Measure, measuresOf } from './measures.ts';

/** From so many repetitions on each side, ranges that do not touch are taken for a difference. */
export const ENOUGH_RUNS = 3;

/**
 * Against the first group. `better` and `worse`: the ranges over the repetitions do not touch. `overlap`: they do, so nothing is shown.
 * `few`: fewer than three runs that count on one side. `none`: there is no better or worse.
 */
export type Judgement = 'better' | 'worse' | 'overlap' | 'few' | 'none';

export interface Side {
  runs: number;
  median: number;
  least: number;
  most: number;
  /** Of medians, against the first group; null for that itself and where it is 0. */
  ratio: number | null;
  judgement: Judgement | null;
}

export interface Row extends Omit<Measure, 'value'> {
  /** One for each group; null where it has no such figure. */
  sides: (Side | null)[];
}

export function compare(groups: readonly Pick<Group, 'runs'>[]): Row[] {
  const rows = new Map<string, { measure: Measure; values: number[][] }>();
  for (const [i, { runs }] of groups.entries()) {
    for (const measure of runs.flatMap(({ record }: Run) => measuresOf(record))) {
      const key = JSON.stringify([measure.phase, measure.name, measure.unit]);
      const row = rows.get(key) ?? { measure, values: groups.map(() => []) };
      row.values[i]!.push(measure.value);
      rows.set(key, row);
    }
  }
  return [...rows.values()].map(({ measure: { value: _, ...about }, values }) => {
    const [first] = values as [number[]];
    return { ...about, sides: values.map((own, i) => side(own, i === 0 ? null : first, about.better)) };
  });
}

function side(values: readonly number[], first: readonly number[] | null, better: Measure['better']): Side | null {
  if (values.length === 0) return null;
  const own = { runs: values.length, ...spread(values) };
  if (!first || first.length === 0) return { ...own, ratio: null, judgement: null };
  const base = spread(first);
  const ratio = base.median === 0 ? null : own.median / base.median;
  return { ...own, ratio, judgement: judge(first, values, better) };
}

export function judge(first: readonly number[], second: readonly number[], better: Measure['better']): Judgement {
  if (better === 'neither') return 'none';
  if (Math.min(first.length, second.length) < ENOUGH_RUNS) return 'few';
  const [a, b] = [spread(first), spread(second)];
  if (a.least <= b.most && b.least <= a.most) return 'overlap';
  return b.least > a.most === (better === 'more') ? 'better' : 'worse';
}
