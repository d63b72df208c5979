import { expect, it } from 'vitest';
import { Latencies } from '../../../loadtest/generator/percentiles.ts';
import { recovery } from '../../../loadtest/scenarios/burst.ts';

function second(at: number, ms: number) {
  const latencies = new Latencies();
  latencies.record(ms);
  return { at, acknowledged: 1, latency: latencies.encoded() };
}

it('finds the first second after the burst that is well', () => {
  const heard = [second(8, 1), second(9, 500), second(10, 300), second(11, 15), second(12, 9)];
  expect(recovery(heard, 8.5, 20)).toBe(1.5);
});

it('finds none while there is none, and does not take silence for one', () => {
  expect(recovery([second(9, 500), { at: 10, acknowledged: 0 }], 8.5, 20)).toBeNull();
});
