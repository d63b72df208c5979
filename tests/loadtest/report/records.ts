/** Records of runs that never were: shapes for tests. */
import fc from 'fast-check';
import { RECORD_FORMAT, type RunRecord, type Sample } from '../../../loadtest/report/record.ts';

const MACHINE = {
  cpu: 'a CPU',
  cores: 2,
  memoryGiB: 8,
  load: 0,
  node: 'v20.0.0',
  redis: '7.0.15',
  commit: 'abc1234',
  time: '2026-01-01T00:00:00.000Z',
};

export function record(over: Partial<RunRecord> = {}): RunRecord {
  return {
    format: RECORD_FORMAT,
    scenario: 'steady',
    title: 'A fixed rate',
    machine: MACHINE,
    contender: 'embedded',
    options: { seconds: 10 },
    env: {},
    phases: [],
    series: [],
    findings: [],
    verdict: null,
    faults: [],
    invalid: [],
    ...over,
  };
}

/** Every kind of figure a series could hold, and some that it should not. */
const figures = fc.oneof(
  fc.double({ min: 0, max: 1e6, noNaN: true }),
  fc.constantFrom(0, Number.MIN_VALUE, 1e-9, 1e15, Number.MAX_VALUE, Number.NaN, Number.POSITIVE_INFINITY, -1),
);
const maybe = fc.option(figures, { nil: undefined, freq: 3 });

const samples: fc.Arbitrary<Sample[]> = fc
  .array(
    fc.record({
      step: fc.double({ min: 0.5, max: 3, noNaN: true }),
      perSecond: figures,
      offeredPerSecond: maybe,
      latency: fc.option(fc.record({ p50: figures, p99: figures, max: figures }), { nil: undefined }),
      creditBytes: maybe,
      creditBudgetBytes: maybe,
      pressure: maybe,
      residentBytes: maybe,
      cores: maybe,
      connections: maybe,
      lagEvents: maybe,
    }),
    { maxLength: 20 },
  )
  .map((steps) => {
    let at = 0;
    return steps.map(({ step, ...sample }) => {
      at += step;
      return { ...sample, at };
    });
  });

const seconds = fc.double({ min: 0, max: 100, noNaN: true });
/** As a fault may hold bytes of a socket. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('</script><b>', ']]>', '" onload="x', '&#0;', '\0\x1b[31m', '\ud800', '\ufffe'),
);

export const records: fc.Arbitrary<RunRecord> = fc
  .record({
    series: samples,
    phases: fc.array(fc.record({ name: hostile, from: seconds, seconds, perSecond: figures }), { maxLength: 20 }),
    title: hostile,
    scenario: hostile,
    faults: fc.array(hostile, { maxLength: 3 }),
    invalid: fc.array(hostile, { maxLength: 3 }),
    env: fc.dictionary(hostile, hostile, { maxKeys: 3 }),
    findings: fc.array(
      fc.record({
        name: hostile,
        value: figures,
        unit: hostile,
        bound: fc.constantFrom(undefined, { most: 1 }, { least: 1 }),
      }),
      { maxLength: 3 },
    ),
  })
  .map(record);
