/** Rejections that came and are not yet covered by `done`, or whose event was not yet pushed. The first one of a number counts. Pure. */
import type { Rejection } from '../frames.ts';
import type { Verdict } from './verdict.ts';

export class Rejections {
  readonly #bySeq = new Map<number, Rejection>();

  /** Those above `done`. */
  remember(rejections: readonly Rejection[], done: number): void {
    for (const rejection of rejections) {
      const [seq] = rejection;
      if (seq > done && !this.#bySeq.has(seq)) this.#bySeq.set(seq, rejection);
    }
  }

  /** The verdict of a number that was rejected, once; undefined for any other. */
  take(seq: number): Verdict | undefined {
    if (this.#bySeq.size === 0) return;
    const rejection = this.#bySeq.get(seq);
    if (!rejection) return;
    this.#bySeq.delete(seq);
    const [, code, path, message] = rejection;
    return { status: 'rejected', seq, code, path, message };
  }

  /** Those with `from < seq <= through`, once, in the order in which they came. */
  *takeAll(from: number, through: number): Iterable<Verdict> {
    for (const seq of this.#bySeq.keys()) if (seq > from && seq <= through) yield this.take(seq)!;
  }

  clear(): void {
    this.#bySeq.clear();
  }
}
