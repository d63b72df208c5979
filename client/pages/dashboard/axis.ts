/** Ends of axes that move seldom. Pure. */

/** The smallest of 1, 2, 3, 5, 8 times a power of ten (or the powers of two) that is not below `value`, and at least `least`. */
export function axisEnd(value: number, least: number, binary = false): number {
  if (!(value > least)) return least;
  if (binary) return 2 ** Math.ceil(Math.log2(value));
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 3, 5, 8, 10].find((step) => value <= step * power)!;
}
