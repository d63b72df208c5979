/**
 * Seeded random numbers (sfc32). The stream of a seed is part of what `gapless simulate` promises (one seed, one output), so it stands
 * here and not in a library whose next version may draw differently.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** Each list of numbers gives a stream of its own: `new Random(seed, user, session)`. */
  constructor(...seed: number[]) {
    let state = 0x9e3779b9;
    for (const part of seed) {
      state = scramble(state ^ (part >>> 0));
      state = scramble(state + Math.floor(part / 0x1_0000_0000) + 0x6d2b79f5);
    }
    this.a = state;
    this.b = scramble(state + 1);
    this.c = scramble(state + 2);
    for (let i = 0; i < 4; i++) this.bits();
  }

  /** 32 random bits, as an unsigned number. */
  bits(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** From 0 to below 1. */
  next(): number {
    return this.bits() / 0x1_0000_0000;
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)] as T;
  }

  /** Exponentially distributed around `mean`: the time to the next of events that come independently. */
  exponential(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  /** 1 is the middle; about two thirds lie between exp(-spread) and exp(spread). */
  lognormal(spread: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    return Math.exp(normal * spread);
  }
}

/** A bijection of 32 bits that leaves no pattern (the finalizer of murmur3). */
function scramble(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
