import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  columns,
  samples,
  since,
  stack,
  summarise,
  totals,
} from '../../../../../client/pages/dashboard/state/columns.ts';
import { type Second, secondOf } from '../../../../../client/pages/dashboard/state/seconds.ts';
import { stats } from '../figures.ts';

const second = (at: number, changes: Partial<Second> = {}): Second => ({ ...secondOf(stats({ at })), ...changes });
const reads = [({ stored }: Second) => stored, ({ lag }: Second) => lag];

it('makes a list of times and one for each line', () => {
  const seconds = [second(1_000, { stored: 1, lag: 2 }), second(2_000, { stored: 3, lag: 4 })];
  expect(columns(seconds, reads)).toEqual([
    [1, 2],
    [1, 3],
    [2, 4],
  ]);
  expect(columns([], reads)).toEqual([[], [], []]);
});

it('breaks lines off where time is missing', () => {
  const [times, values] = columns([second(1_000), second(9_000)], [() => 7]);
  expect(times).toHaveLength(3);
  expect(values).toEqual([7, null, 7]);
});

it('stacks lines so that the first is the sum of all', () => {
  expect(
    stack([
      [1, 2, 3],
      [1, 2, null],
      [10, 20, null],
      [100, 200, null],
    ]),
  ).toEqual([
    [1, 2, 3],
    [111, 222, null],
    [110, 220, null],
    [100, 200, null],
  ]);
});

it('has rising times whatever comes', () => {
  const steps = fc.array(fc.integer({ min: 1, max: 10_000 }), { maxLength: 50 });
  fc.assert(
    fc.property(steps, (gaps) => {
      const ats = gaps.map((_, i) => gaps.slice(0, i + 1).reduce((sum, gap) => sum + gap, 0));
      const [times, values] = columns(
        ats.map((at) => second(at)),
        [() => 1],
      );
      for (let i = 1; i < times.length; i++) expect(times[i]!).toBeGreaterThan(times[i - 1]!);
      expect(values!.filter((value) => value !== null)).toHaveLength(gaps.length);
    }),
  );
});

it('takes the last minutes, from the newest second on', () => {
  const seconds = [second(1_000), second(60_500), second(61_000)];
  expect(since(seconds, 60_000).map(({ at }) => at)).toEqual([60_500, 61_000]);
  expect(since([], 60_000)).toEqual([]);
});

it('summarises a line', () => {
  const seconds = [1, 9, 4].map((stored, i) => second(i * 1_000, { stored }));
  expect(summarise(seconds, reads[0]!)).toEqual({ last: 4, lowest: 1, highest: 9 });
  expect(summarise([], reads[0]!)).toBeNull();
});

it('samples a table, newest first, with the highest of each step', () => {
  const seconds = Array.from({ length: 25 }, (_, i) => second(i * 1_000, { stored: i, lag: 30 - i }));
  expect(samples(seconds, 10_000, reads)).toEqual([
    { at: 24_000, values: [24, 10] },
    { at: 19_000, values: [19, 20] },
    { at: 9_000, values: [9, 30] },
  ]);
});

it('counts events from rates, each for the time that it is about', () => {
  const rejected = (at: number, rates: Record<string, number>) => second(at, { rejectedByCode: rates });
  const seconds = [rejected(1_000, { a: 2 }), rejected(3_000, { a: 10, b: 30 }), rejected(60_000, { a: 2 })];
  expect(totals(seconds, ({ rejectedByCode }) => rejectedByCode)).toEqual([
    { name: 'b', total: 60 },
    { name: 'a', total: 27 },
  ]);
});
