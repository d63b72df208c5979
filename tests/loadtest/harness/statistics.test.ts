import { expect, it } from 'vitest';
import { median, spread } from '../../../loadtest/harness/statistics.ts';

it.each([
  [[3], 3],
  [[5, 1, 3], 3],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %d', (values, middle) => {
  expect(median(values)).toBe(middle);
});

it('there is no median of nothing', () => {
  expect(() => median([])).toThrow(RangeError);
});

it('tells how far values lie apart', () => {
  expect(spread([3, 9, 4])).toEqual({ median: 4, least: 3, most: 9 });
});
