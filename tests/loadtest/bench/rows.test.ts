import { describe, expect, it } from 'vitest';
import { judge, ROWS, type Row } from '../../../loadtest/bench/rows.ts';

const ROW: Row = { part: 'throughput', what: 'a', figure: 'a', over: 'b', unit: 'x', bound: { least: 4 } };
const repetition = (figures: Record<string, number>) => ({ figures, problems: [] });

describe('judge', () => {
  it('takes the median of the ratios, each within its repetition', () => {
    const result = judge(ROW, [
      repetition({ a: 10, b: 10 }),
      repetition({ a: 100, b: 20 }),
      repetition({ a: 900, b: 100 }),
    ]);
    expect(result).toMatchObject({ values: [1, 5, 9], median: 5, least: 1, most: 9, reached: true });
  });

  it('leaves out repetitions that lack a figure, and rows that none has', () => {
    expect(judge(ROW, [repetition({ a: 3 }), repetition({ a: 6, b: 2 })])?.values).toEqual([3]);
    expect(judge(ROW, [repetition({ a: 3 })])).toBeNull();
    expect(judge(ROW, [])).toBeNull();
  });

  it('compares with the largest of several', () => {
    expect(judge({ ...ROW, over: ['b', 'c'] }, [repetition({ a: 12, b: 2, c: 4 })])?.values).toEqual([3]);
    expect(judge({ ...ROW, over: ['b', 'c'] }, [repetition({ a: 12, b: 2 })])?.values).toEqual([6]);
  });

  it('knows bounds from below, from above and none', () => {
    const reached = (bound: Row['bound'], a: number) => judge({ ...ROW, bound }, [repetition({ a, b: 1 })])?.reached;
    expect(reached({ least: 4 }, 4)).toBe(true);
    expect(reached({ least: 4 }, 3.9)).toBe(false);
    expect(reached({ most: 4 }, 4)).toBe(true);
    expect(reached({ most: 4 }, 4.1)).toBe(false);
    expect(reached(undefined, 1)).toBeNull();
  });
});

describe('ROWS', () => {
  it('have names of their own', () => {
    expect(new Set(ROWS.map(({ what }) => what)).size).toBe(ROWS.length);
  });
});
