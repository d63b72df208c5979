import { expect, it } from 'vitest';
import { Latencies } from '../../../loadtest/generator/percentiles.ts';
import { Timeline } from '../../../loadtest/run/timeline.ts';

function encoded(...values: number[]): string {
  const latencies = new Latencies();
  for (const value of values) latencies.record(value);
  return latencies.encoded();
}

it('adds up what several loads and processes did in a second', () => {
  const timeline = new Timeline();
  timeline.add({ at: 1, acknowledged: 10, offered: 12, latency: encoded(1) });
  timeline.add({ at: 1, acknowledged: 5, latency: encoded(9) });
  timeline.look(1, { pressure: 0.5 });
  expect(timeline.acknowledged).toBe(15);
  expect(timeline.sample(1)).toMatchObject({
    at: 1,
    perSecond: 15,
    offeredPerSecond: 12,
    pressure: 0.5,
    latency: { p50: 1 },
  });
  expect(timeline.sample(1).latency?.max).toBeCloseTo(9, 1);
});

it('has every second, also those in which nothing was acknowledged', () => {
  const timeline = new Timeline();
  timeline.add({ at: 3, acknowledged: 1 });
  expect(timeline.series()).toEqual([
    { at: 1, perSecond: 0 },
    { at: 2, perSecond: 0 },
    { at: 3, perSecond: 1 },
  ]);
});

it('begins once', () => {
  let begun = 0;
  const timeline = new Timeline(() => begun++);
  expect(timeline.now).toBe(0);
  expect(timeline.begin()).toBe(timeline.begin());
  expect(begun).toBe(1);
});
