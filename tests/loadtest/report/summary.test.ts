import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { standing } from '../../../loadtest/report/content.ts';
import { summaryOf } from '../../../loadtest/report/summary.ts';
import { record, records } from './records.ts';

const VERDICT = { stored: 3, acknowledged: 3, missing: 0, repeated: 0, outOfOrder: 0, foreign: 0, damaged: 0 };

it('says what was found against its bound', () => {
  const text = summaryOf(
    record({
      findings: [
        { name: 'goodput', value: 0.95, unit: '', bound: { least: 0.9 } },
        { name: 'memory', value: 3 * 1024 ** 2, unit: 'bytes', bound: { most: 2 * 1024 ** 2 } },
        { name: 'knee', value: 12_345, unit: 'events/s' },
      ],
    }),
  );
  expect(text).toMatch(/goodput .* 0\.95 .* at least 0\.9 .* reached/);
  expect(text).toMatch(/memory .* 3 MiB .* at most 2 MiB .* NOT reached/);
  expect(text).toMatch(/knee .* 12,345 events\/s/);
  expect(text).toContain('RESULT: 1 of 2 bounds not reached');
});

it('lets a run count only if its log is what was acknowledged', () => {
  const good = record({ verdict: { ok: true, ...VERDICT, examples: [] } });
  const bad = record({ verdict: { ok: false, ...VERDICT, missing: 2, examples: ['missing: load-1: 7'] } });
  expect(standing(good)).toEqual({ good: true, text: 'counts' });
  expect(summaryOf(good)).toContain('each acknowledged event once, in order');
  expect(standing(bad).text).toBe('does not count');
  expect(summaryOf(bad)).toMatch(/DOES NOT COUNT: the log is not what was acknowledged: missing: load-1: 7/);
  expect(summaryOf(bad)).toContain('2 missing');
});

it('names faults, reasons, and a machine that was not quiet', () => {
  const { machine } = record();
  const text = summaryOf(record({ faults: ['one closed'], invalid: ['late'], machine: { ...machine, load: 2 } }));
  expect(text).toContain('FAULT: one closed');
  expect(text).toContain('DOES NOT COUNT: late');
  expect(text).toContain('load average was 2.00');
});

test('nothing in a record reaches the terminal as a control code', () => {
  fc.assert(
    fc.property(records, (run) => {
      expect(summaryOf(run)).not.toMatch(/[\0-\x08\x0b-\x1f\x7f]/);
    }),
    { numRuns: 20 },
  );
});
