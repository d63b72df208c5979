import { StoreError } from './error.ts';
import type { Scope } from './port.ts';

/** The positions of a scope as storage has them, or those of a new one. Throws StoreError `misconfigured` where they are not as many as asked for. */
export function positionsOf(scope: Scope, stored: readonly number[] | null, sources: number): number[] {
  if (stored === null) return new Array<number>(sources).fill(0);
  if (stored.length === sources) return [...stored];
  throw new StoreError(
    'misconfigured',
    `${scope.kind} ${scope.number} was folded from ${stored.length} partitions, not from ${sources}`,
  );
}

export function samePositions(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((position, source) => position === b[source]);
}
