import { expect, it } from 'vitest';
import type { LoadReport, Percentiles } from '../../../loadtest/generator/plan.ts';
import { whyLimited } from '../../../loadtest/run/limited.ts';

const open = { loop: { kind: 'open', eventsPerSecond: 1000, seed: 1 } } as const;
const closed = { loop: { kind: 'closed', inFlight: 100 } } as const;
const p99 = (ms: number): Percentiles => ({ count: 1, p50: ms, p90: ms, p99: ms, p999: ms, max: ms });

function report(over: Partial<LoadReport>): LoadReport {
  const counted = { from: 0, seconds: 10, acknowledged: 10_000, offered: 10_000, frames: 1, bytes: 1, cpuSeconds: 1 };
  return {
    ...counted,
    cores: 0.5,
    tallies: [],
    faults: [],
    opened: { seconds: 1, cores: 0.1, refused: 0 },
    latency: p99(20),
    lateness: p99(3),
    ...over,
  };
}

it('lets a generator count that was on time and had something left', () => {
  expect(whyLimited(open, report({}))).toEqual([]);
});

it('lets a generator count that is late by what a timer is late anyway, however quick the server is', () => {
  expect(whyLimited(open, report({ latency: p99(2), lateness: p99(4.9) }))).toEqual([]);
});

it('lets a generator count that is late where the server is much later: both wait for the same cores', () => {
  expect(whyLimited(open, report({ latency: p99(900), lateness: p99(300) }))).toEqual([]);
});

it.each([
  ['could not do more', { cores: 0.9 }],
  ['itself was late', { latency: p99(20), lateness: p99(11) }],
  ['offered 9000 of 10000', { offered: 9_000 }],
])('names a generator that %s', (words, over) => {
  expect(whyLimited(open, report(over))).toEqual([expect.stringContaining(words)]);
});

it('says of a moment only that it was short', () => {
  expect(whyLimited(open, report({ seconds: 0.001, cores: 27 }))).toEqual(['only 0.00 s were measured']);
});

it('lets chance have its share of the arrivals', () => {
  expect(whyLimited(open, report({ offered: 9_700 }))).toEqual([]);
});

it('asks of a closed loop only whether it could have done more', () => {
  const { offered, lateness, ...rest } = report({});
  expect(whyLimited(closed, rest)).toEqual([]);
  expect(whyLimited(closed, { ...rest, cores: 0.97 })).toHaveLength(1);
});
