import { expect, it } from 'vitest';
import { type Arrival, arrivals } from '../../../loadtest/generator/schedule.ts';

function take(seed: number, perSecond: number, connections: number, count: number): Arrival[] {
  const source = arrivals(seed, perSecond, connections);
  return Array.from({ length: count }, () => source.next().value);
}

it('is the same for the same seed and another for another', () => {
  expect(take(5, 1000, 10, 100)).toEqual(take(5, 1000, 10, 100));
  expect(take(5, 1000, 10, 100)).not.toEqual(take(6, 1000, 10, 100));
});

it('offers at the rate that was asked for, over all connections', () => {
  const offered = take(1, 10_000, 20, 100_000);
  const seconds = offered.at(-1)!.atMs / 1000;
  expect(offered.length / seconds).toBeGreaterThan(9_800);
  expect(offered.length / seconds).toBeLessThan(10_200);
  expect(new Set(offered.map(({ connection }) => connection)).size).toBe(20);
});

it('draws connections by the law of Zipf where that is asked for', () => {
  const source = arrivals(1, 1_000, 100, 1.2);
  const counts = new Array<number>(100).fill(0);
  for (let i = 0; i < 50_000; i++) counts[source.next().value.connection]!++;
  const ratio = counts[0]! / counts[9]!;
  expect(ratio).toBeGreaterThan(10 ** 1.2 * 0.85);
  expect(ratio).toBeLessThan(10 ** 1.2 * 1.15);
});
