import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mergeLatencies, mergeReports } from '../../../loadtest/generator/merge.ts';
import { Latencies } from '../../../loadtest/generator/percentiles.ts';
import type { ShardReport } from '../../../loadtest/generator/plan.ts';

function latencies(values: readonly number[]): Latencies {
  const recorded = new Latencies();
  for (const value of values) recorded.record(value);
  return recorded;
}

it('merges to what one process would have recorded', () => {
  const ms = fc.array(fc.double({ min: 0.01, max: 90_000, noNaN: true }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(fc.array(ms, { minLength: 1, maxLength: 4 }), (shards) => {
      const merged = mergeLatencies(shards.map((values) => latencies(values).encoded()));
      const { max, ...alone } = latencies(shards.flat()).summary();
      expect(merged).toMatchObject(alone);
      // The largest value of a merged histogram is known to its precision only.
      expect(Math.abs(merged!.max / max - 1)).toBeLessThan(0.002);
    }),
    { numRuns: 30 },
  );
});

it('does not take the mean of percentiles: a slow process stays visible', () => {
  const quick = latencies(Array.from({ length: 900 }, () => 1));
  const slow = latencies(Array.from({ length: 100 }, () => 1000));
  expect(mergeLatencies([quick.encoded(), slow.encoded()])).toMatchObject({ count: 1000, p50: 1, p90: 1 });
  expect(mergeLatencies([quick.encoded(), slow.encoded()])?.p99).toBeCloseTo(1000, -1);
});

it('knows nothing where nothing was recorded', () => {
  expect(mergeLatencies([undefined, new Latencies().encoded()])).toBeUndefined();
});

const none = new Latencies().encoded();

it('adds up processes, and shows the busiest of them', () => {
  const one = (over: Partial<ShardReport>): ShardReport => ({
    ...{
      from: 3,
      seconds: 2,
      acknowledged: 10,
      frames: 2,
      bytes: 100,
      cpuSeconds: 1,
      cores: 0.4,
      tallies: [],
      faults: [],
    },
    opened: { seconds: 1, cores: 0.1, refused: 0, upgrade: none, welcome: none },
    ...over,
  });
  const tally = (producer: string) => ({ producer, connection: 0, sent: 1, acknowledged: 1 });
  const merged = mergeReports([
    one({ offered: 11, unsent: 1, tallies: [tally('a')] }),
    one({ offered: 9, cores: 0.7, tallies: [tally('b')], faults: ['b: closed'] }),
  ]);
  expect(merged).toMatchObject({
    ...{ seconds: 2, acknowledged: 20, offered: 20, unsent: 1, frames: 4, bytes: 200, cpuSeconds: 2, cores: 0.7 },
    faults: ['b: closed'],
  });
  expect(merged.tallies.map(({ producer }) => producer)).toEqual(['a', 'b']);
  expect(mergeReports([one({})]).offered).toBeUndefined();
});
