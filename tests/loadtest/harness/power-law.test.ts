import fc from 'fast-check';
import { expect, it } from 'vitest';
import { growthExponent, slope } from '../../../loadtest/harness/power-law.ts';

const sizes = [1, 3, 10, 40, 200];

it('finds the exponent of a power law, whatever its factor', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -2, max: 3, noNaN: true }),
      fc.double({ min: 0.01, max: 1_000, noNaN: true }),
      (exponent, factor) => {
        const points = sizes.map((x) => ({ x, y: factor * x ** exponent }));
        expect(growthExponent(points)).toBeCloseTo(exponent, 6);
      },
    ),
  );
});

it('finds the slope of a line', () => {
  expect(slope(sizes.map((x) => ({ x, y: 3 * x - 7 })))).toBeCloseTo(3, 9);
});

it('refuses what has no growth', () => {
  expect(() =>
    growthExponent([
      { x: 1, y: 0 },
      { x: 2, y: 1 },
    ]),
  ).toThrow(RangeError);
  expect(() =>
    growthExponent([
      { x: 2, y: 1 },
      { x: 2, y: 3 },
    ]),
  ).toThrow(RangeError);
  expect(() => slope([{ x: 2, y: 1 }])).toThrow(RangeError);
});
