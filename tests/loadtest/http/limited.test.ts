import { expect, it } from 'vitest';
import type { Percentiles } from '../../../loadtest/generator/plan.ts';
import { whyHttpLimited } from '../../../loadtest/http/limited.ts';
import type { HttpReport } from '../../../loadtest/http/plan.ts';

const closed = { pace: { kind: 'closed' } } as const;
const steady = { pace: { kind: 'steady', perSecond: 100 } } as const;
const p99 = (ms: number): Percentiles => ({ count: 1, p50: ms, p90: ms, p99: ms, p999: ms, max: ms });

function report(over: Partial<HttpReport>): HttpReport {
  const counted = { seconds: 10, acknowledged: 100_000, requests: 1_000, bytes: 1, cpuSeconds: 5, offered: 1_000 };
  return {
    ...{ ...counted, unsent: 0, latency: p99(20), lateness: p99(3), tallies: [], answers: {}, faults: [] },
    ...over,
  };
}

it('lets autocannon count that was on time and had something left', () => {
  expect([whyHttpLimited(closed, report({})), whyHttpLimited(steady, report({}))]).toEqual([[], []]);
});

it('names autocannon that could not do more', () => {
  expect(whyHttpLimited(closed, report({ cpuSeconds: 9.5 }))).toEqual([expect.stringContaining('0.95 of a core')]);
});

it('names autocannon that was late, where requests are due at all', () => {
  const late = report({ latency: p99(20), lateness: p99(11) });
  expect(whyHttpLimited(steady, late)).toEqual([expect.stringContaining('itself was late')]);
  expect(whyHttpLimited(closed, late)).toEqual([]);
});

it('says of a moment only that it was short', () => {
  expect(whyHttpLimited(closed, report({ seconds: 0.2, cpuSeconds: 9 }))).toEqual(['only 0.20 s were measured']);
});
