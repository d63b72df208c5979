/** Saves until it is known whether it stands. */
import { Backoff } from '../../protocol/session/backoff.ts';
import { StoreError } from '../features/error.ts';
import type { FeatureStore, ScopeCommit } from '../features/port.ts';
import { samePositions } from '../features/positions.ts';
import { pause } from '../ingest/pause.ts';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Repeats `work` until storage answers; null when `signal` aborted before or the store is closed. `onTrouble` hears of each error.
 */
export async function patiently<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onTrouble: (error: unknown) => void,
): Promise<T | null> {
  const backoff = new Backoff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
  while (!signal.aborted) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StoreError && error.code === 'closed') return null;
      onTrouble(error);
      await pause(backoff.next(Math.random()), signal);
    }
  }
  return null;
}

/**
 * `abandoned`: it may or may not stand. A commit in doubt is repeated: where the first one stands after all, the repeat conflicts, and the
 * positions are those that it was to bring about. Whoever else moved them there folded the same events to the same records.
 */
export async function commitSurely(
  store: FeatureStore,
  commit: ScopeCommit,
  signal: AbortSignal,
  onTrouble: (error: unknown) => void,
): Promise<'saved' | 'conflict' | 'abandoned'> {
  let inDoubt = false;
  const work = async () => {
    const result = await store.save(commit);
    if (result === 'saved' || !inDoubt) return result;
    const applied = await store.applied(commit.scope, commit.next.length);
    return samePositions(applied, commit.next) ? 'saved' : 'conflict';
  };
  const noteDoubt = (error: unknown) => {
    if (!(error instanceof StoreError && error.code === 'unavailable')) inDoubt = true;
    onTrouble(error);
  };
  return (await patiently(work, signal, noteDoubt)) ?? 'abandoned';
}
