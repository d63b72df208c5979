import fc from 'fast-check';
import { expect, it } from 'vitest';
import { axisEnd } from '../../../../client/pages/dashboard/axis.ts';

it.each([
  [0, 10, 10],
  [10, 10, 10],
  [11, 10, 20],
  [301, 10, 500],
  [0.7, 0.1, 0.8],
  [801, 10, 1000],
  [Number.NaN, 10, 10],
])('%d with at least %d ends at %d', (value, least, end) => {
  expect(axisEnd(value, least)).toBeCloseTo(end);
});

it('ends at powers of two for bytes', () => {
  expect(axisEnd(1_500_000, 1024 * 1024, true)).toBe(2 * 1024 * 1024);
});

it('always has room, and never more than twice and a half of it', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (value) => {
      const end = axisEnd(value, 0);
      expect(end).toBeGreaterThanOrEqual(value);
      expect(end).toBeLessThanOrEqual(value * 2.5);
    }),
  );
});
