import { expect, it } from 'vitest';
import { whyBad } from '../../../loadtest/scenarios/step-up.ts';

const latency = { count: 1, p50: 1, p90: 1, p99: 40, p999: 1, max: 1 };

it('calls a step good that took all in time', () => {
  expect(whyBad({ acknowledged: 98, offered: 100, unsent: 0, latency }, 50)).toBeNull();
});

it.each([
  ['only 90 % acknowledged', { acknowledged: 90, offered: 100, unsent: 0, latency }],
  ['waited for credit', { acknowledged: 99, offered: 100, unsent: 3, latency }],
  ['p99 40 ms', { acknowledged: 99, offered: 100, unsent: 0, latency }],
])('says why it is bad: %s', (why, report) => {
  expect(whyBad(report, 30)).toContain(why);
});
