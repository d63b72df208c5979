/** Sums by number, of which few are not 0: cleared by walking through those. */
import { Column } from './column.ts';

export class Scores {
  private readonly sums = new Column(Float64Array);
  private readonly marked = new Column(Uint8Array);
  /** The numbers that were added to, each once, in the order of their first addition. */
  readonly touched: number[] = [];

  /** Makes room for numbers below `length`. */
  ensure(length: number): void {
    this.sums.ensure(length);
    this.marked.ensure(length);
  }

  /** True if nothing was added to it before. */
  add(number: number, value: number): boolean {
    const fresh = this.marked.data[number] === 0;
    if (fresh) {
      this.marked.data[number] = 1;
      this.touched.push(number);
    }
    this.sums.data[number]! += value;
    return fresh;
  }

  /** Whether anything was added to it. */
  has(number: number): boolean {
    return this.marked.data[number] !== 0;
  }

  multiply(number: number, factor: number): void {
    this.sums.data[number]! *= factor;
  }

  get(number: number): number {
    return this.sums.data[number]!;
  }

  clear(): void {
    const { data: sums } = this.sums;
    const { data: marked } = this.marked;
    for (const number of this.touched) {
      sums[number] = 0;
      marked[number] = 0;
    }
    this.touched.length = 0;
  }

  memoryBytes(): number {
    return this.sums.byteLength + this.marked.byteLength;
  }
}
