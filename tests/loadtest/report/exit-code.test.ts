import { expect, it } from 'vitest';
import { exitCodeOf } from '../../../loadtest/report/exit-code.ts';
import type { RunRecord } from '../../../loadtest/report/record.ts';

const good = { invalid: [], faults: [], verdict: { ok: true, examples: [] }, findings: [] } as unknown as RunRecord;
const bound = (value: number) => ({ name: 'p99', value, unit: 'ms', bound: { most: 10 } });

it.each([
  [0, 'all is well', {}],
  [0, 'a bound was reached', { findings: [bound(10)] }],
  [0, 'nothing could be verified', { verdict: null }],
  [1, 'the log is wrong', { verdict: { ...good.verdict, ok: false } }],
  [1, 'it does not count', { invalid: ['the generator was late'], faults: ['closed'] }],
  [2, 'a bound was missed', { findings: [bound(11)] }],
  [2, 'something happened that must not', { faults: ['closed'] }],
] as const)('is %i where %s', (code, _, over) => {
  expect(exitCodeOf({ ...good, ...over } as RunRecord)).toBe(code);
});
