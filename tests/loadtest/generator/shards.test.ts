import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LoadPlan } from '../../../loadtest/generator/plan.ts';
import { processesFor, shard } from '../../../loadtest/generator/shards.ts';

const plan: LoadPlan = {
  wire: 'gapless',
  url: 'ws://127.0.0.1:1',
  producers: 'load',
  connections: 10,
  eventsPerFrame: 1,
  events: { seed: 1, perConnection: 1, startMs: 0 },
  loop: { kind: 'open', eventsPerSecond: 1000, seed: 7 },
  warmUpMs: 0,
  measureMs: 1,
  drainMs: 1,
};

it('gives every connection and the whole rate to exactly one process', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 64 }), (connections, wanted) => {
      const processes = processesFor(connections, wanted);
      const parts = shard({ ...plan, connections, firstConnection: 5 }, processes);
      const numbers = parts.flatMap(({ firstConnection = 0, connections }) =>
        Array.from({ length: connections }, (_, i) => firstConnection + i),
      );
      expect(numbers).toEqual(Array.from({ length: connections }, (_, i) => i + 5));
      expect(parts.every((part) => part.connections > 0)).toBe(true);
      const rates = parts.map(({ loop }) => (loop.kind === 'open' ? loop.eventsPerSecond : 0));
      expect(rates.reduce((sum, rate) => sum + rate, 0)).toBeCloseTo(1000, 6);
    }),
    { numRuns: 50 },
  );
});

it('gives processes arrivals of their own', () => {
  const seeds = shard(plan, 3).map(({ loop }) => loop.kind === 'open' && loop.seed);
  expect(new Set(seeds).size).toBe(3);
});

it('takes as many processes as asked for, more where the connections need them, and none without a connection', () => {
  expect(processesFor(100)).toBe(1);
  expect(processesFor(100, 3)).toBe(3);
  expect(processesFor(18_000)).toBe(3);
  expect(processesFor(2, 8)).toBe(2);
});
