/** A comparison for people. */
import { ofFinding } from '../report/figures.ts';
import { table } from '../report/table.ts';
import { ENOUGH_RUNS, type Judgement, type Row, type Side } from './compare.ts';
import type { Group } from './group.ts';

const WORDS: Record<Judgement, string> = {
  better: 'better',
  worse: 'WORSE',
  overlap: 'ranges overlap',
  few: 'too few runs',
  none: '',
};

export function groupTable(groups: readonly Group[]): string {
  const rows = groups.map(({ name, runs, leftOut }, i) => {
    const { contender, machine } = runs[0]!.record;
    const faults = runs.reduce((sum, { record }) => sum + record.faults.length, 0);
    const counts = [runs.length, leftOut.length, faults].map(String);
    return [letter(i), name, contender, machine.commit, ...counts];
  });
  return table({ head: ['', 'reports', 'contender', 'commit', 'runs', 'left out', 'faults'], rows });
}

/** A table for each phase. */
export function comparisonTables(rows: readonly Row[], groups: number): string {
  const phases = [...new Set(rows.map(({ phase }) => phase))];
  return phases
    .map((phase) => {
      const own = rows.filter((row) => row.phase === phase);
      const head = [phase, ...Array.from({ length: groups }, (_, i) => headsOf(i)).flat()];
      return table({
        head,
        rows: own.map((row) => [row.name, ...row.sides.flatMap((side, i) => cells(row, side, i))]),
      });
    })
    .join('\n\n');
}

export const LEGEND = `Medians, least and most in brackets; ratios of medians against A. Better or worse is said where the ranges of at least ${ENOUGH_RUNS} runs each do not touch.`;

function headsOf(i: number): string[] {
  return i === 0 ? [letter(0)] : [letter(i), `${letter(i)}/A`, 'judged'];
}

function cells({ unit }: Row, side: Side | null, i: number): string[] {
  const ratio = side?.ratio === null || side?.ratio === undefined ? '-' : `${side.ratio.toFixed(2)}x`;
  const own = side === null ? '-' : inWords(side, unit);
  return i === 0 ? [own] : [own, ratio, side?.judgement ? WORDS[side.judgement] : ''];
}

function inWords({ runs, median, least, most }: Side, unit: string): string {
  const write = (value: number) => ofFinding(value, unit);
  return runs === 1 ? write(median) : `${write(median)} (${write(least)} - ${write(most)})`;
}

function letter(i: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + i);
}
