import { expect, it } from 'vitest';
import { dueTimes } from '../../../loadtest/http/pace.ts';
import { sizesOf } from '../../../loadtest/http/sizes.ts';

/** When all requests of all connections are due, in order. */
function dues(pace: Parameters<typeof dueTimes>[0], totalMs: number, connections: number, count: number): number[] {
  const due = dueTimes(pace, totalMs, connections)!;
  return Array.from({ length: count }, (_, i) => due(i % connections, Math.floor(i / connections)));
}

it('spreads a rate evenly over time and connections', () => {
  expect(dues({ kind: 'steady', perSecond: 100 }, 1_000, 4, 9)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80]);
});

it('lets a rate rise evenly', () => {
  const times = dues({ kind: 'ramp', from: 10, to: 110 }, 10_000, 3, 601);
  const within = (from: number, to: number) => times.filter((ms) => ms >= from && ms < to).length;
  expect(within(0, 1_000)).toBeCloseTo(15, -1);
  expect(within(9_000, 10_000)).toBeCloseTo(105, -1);
  expect(times[600]).toBeCloseTo(10_000, 0);
});

it('has no more to send where a falling rate has come to nothing', () => {
  expect(dues({ kind: 'ramp', from: 10, to: 0 }, 1_000, 1, 10).at(-1)).toBe(Number.POSITIVE_INFINITY);
  expect(dueTimes({ kind: 'closed' }, 1_000, 1)).toBeNull();
});

it('draws mixed sizes, the same ones each time and none too large', () => {
  const plan = { eventsPerRequest: 500, sizes: 'mixed', events: { seed: 1, perConnection: 1, startMs: 0 } } as const;
  const draw = () => {
    const next = sizesOf(plan, 2);
    return Array.from({ length: 200 }, next);
  };
  expect(draw()).toEqual(draw());
  expect(new Set(draw())).toEqual(new Set([1, 50, 500, 1_024]));
});
