/**
 * Folds events one at a time, and finds those that cannot be folded. An event whose fold throws spoils the records that it was to change;
 * it is suspect from then on. When it comes again, after the records were loaded anew, what it is to change is kept first, so that a
 * second failure harms nothing.
 */
import type { MemoryRecord } from './records.ts';
import type { RoutedEvent } from './route.ts';

/** `spoilt`: memory is not what storage has with the events up to here. `failed`: for the second time, and everything is as before. */
export type FoldOutcome = { is: 'folded' } | { is: 'spoilt' } | { is: 'left_out' } | { is: 'failed'; error: unknown };

export class CarefulFold {
  /** By partition, then by position. `poisoned`: it failed twice and is kept elsewhere. */
  private readonly suspects = new Map<number, Map<number, 'suspect' | 'poisoned'>>();

  /** `records` are those of the event's folds, in their order. */
  fold(event: RoutedEvent, records: readonly MemoryRecord[]): FoldOutcome {
    const { partition, position } = event.consumed;
    const suspicion = this.suspects.get(partition)?.get(position);
    if (suspicion === 'poisoned') return { is: 'left_out' };
    let restore: (() => void)[] = [];
    try {
      if (suspicion) restore = records.map((record) => record.snapshot());
      apply(event, records);
      return { is: 'folded' };
    } catch (error) {
      for (const back of restore) back();
      if (suspicion) return { is: 'failed', error };
      this.mark(event, 'suspect');
      return { is: 'spoilt' };
    }
  }

  leaveOut(event: RoutedEvent): void {
    this.mark(event, 'poisoned');
  }

  private mark({ consumed }: RoutedEvent, as: 'suspect' | 'poisoned'): void {
    const { partition, position } = consumed;
    this.suspects.set(partition, (this.suspects.get(partition) ?? new Map()).set(position, as));
  }

  /** Events up to a position will not come again. */
  forget(partition: number, upTo: number): void {
    const suspects = this.suspects.get(partition);
    for (const position of suspects?.keys() ?? []) if (position <= upTo) suspects!.delete(position);
  }
}

function apply({ consumed, folds, failure }: RoutedEvent, records: readonly MemoryRecord[]): void {
  if (failure) throw failure.error;
  let next = 0;
  for (const { projection, keys } of folds) {
    if (projection.kind === 'users') {
      const states = keys.map(() => records[next++]!.state);
      projection.fold(consumed, states);
    } else for (const key of keys) projection.fold(consumed, key, records[next++]!.state);
  }
}
