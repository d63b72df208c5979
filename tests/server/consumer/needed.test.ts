import { expect, test } from 'vitest';
import { neededFrom } from '../../../server/consumer/needed.ts';

const NOW = 1_000_000;
const at = (partition: number, position: number, ago = 0) => ({ partition, position, at: NOW - ago });

test('without groups nothing is needed', () => {
  expect(neededFrom([], 2, 1000, NOW)).toEqual([Infinity, Infinity]);
});

test('the slowest group decides, partition by partition', () => {
  const fast = { progress: [at(0, 90), at(1, 20)] };
  const slow = { progress: [at(0, 10), at(1, 70)] };
  expect(neededFrom([fast, slow], 2, 1000, NOW)).toEqual([11, 21]);
});

test('a group that has been silent for too long holds nothing, one that lives holds what it never read too', () => {
  const dead = { progress: [at(0, 1, 1000), at(1, 1, 5000)] };
  const never = { progress: [{ partition: 0, position: 0, at: 0 }] };
  const living = { progress: [at(0, 50, 999)] };
  expect(neededFrom([dead, never, living], 2, 1000, NOW)).toEqual([51, 1]);
});
