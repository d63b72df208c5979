import type { Random } from './random.ts';

/** Draws an index with the probability of its weight, or of one slice of neighbouring indexes, by their running sums. */
export class Weights {
  /** `sums[i]` is the sum of the weights before i; one longer than the weights. */
  private readonly sums: Float64Array;

  constructor(weights: ArrayLike<number>) {
    this.sums = new Float64Array(weights.length + 1);
    for (let i = 0; i < weights.length; i++) this.sums[i + 1] = this.sums[i]! + weights[i]!;
  }

  /** An index from `from` to below `to`; by default any. */
  draw(random: Random, from = 0, to = this.sums.length - 1): number {
    const target = random.between(this.sums[from]!, this.sums[to]!);
    let low = from;
    let high = to - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.sums[middle]! <= target) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Zipf's law: the thing of rank r (from 1) is chosen in proportion to 1 / r^exponent. */
export function zipf(count: number, exponent = 1): Float64Array {
  return Float64Array.from({ length: count }, (_, index) => 1 / (index + 1) ** exponent);
}
