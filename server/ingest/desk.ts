/** Owns a source that serves requests, and tells each request what became of its numbers. */
import type { Rejection } from '../../protocol/frames.ts';
import { SettledNumbers } from '../../protocol/session/settled.ts';
import type { Settlement, SourceOwner } from './source.ts';

export interface Verdicts {
  duplicates: number;
  rejected: Rejection[];
}

/** A request that waits for the verdicts of the numbers from `first` to `last`. */
interface Waiter extends Verdicts {
  first: number;
  last: number;
  left: number;
  resolve(verdicts: Verdicts | null): void;
}

export class Desk implements SourceOwner {
  private readonly settled: SettledNumbers;
  private readonly waiters = new Set<Waiter>();
  private readonly onFail: () => void;

  constructor(done: number, onFail: () => void) {
    this.settled = new SettledNumbers(done);
    this.onFail = onFail;
  }

  get done(): number {
    return this.settled.done;
  }

  /** Each request is a sender of its own, so a settlement belongs to exactly one. */
  settle({ seqs, rejected, duplicates }: Settlement): void {
    for (const seq of seqs) this.settled.add(seq);
    const some = seqs[0]!;
    for (const waiter of this.waiters) {
      if (some < waiter.first || some > waiter.last) continue;
      waiter.left -= seqs.length;
      waiter.duplicates += duplicates;
      waiter.rejected.push(...rejected);
      if (waiter.left > 0) return;
      this.waiters.delete(waiter);
      waiter.resolve(waiter);
      return;
    }
  }

  fail(): void {
    this.onFail();
    for (const waiter of this.waiters) waiter.resolve(null);
    this.waiters.clear();
  }

  /** Resolves with the verdicts of these numbers; null if they will never be known. */
  verdicts(first: number, count: number): Promise<Verdicts | null> {
    if (count === 0) return Promise.resolve({ duplicates: 0, rejected: [] });
    return new Promise((resolve) => {
      this.waiters.add({ first, last: first + count - 1, left: count, duplicates: 0, rejected: [], resolve });
    });
  }
}
