/**
 * Whether a batch fits what stands in storage: the condition of a compare-and-append, as a pure function.
 *
 * A unit is judged as if the earlier units of its batch had been cut as their conflicts ask: after `overlap` and `repeated_id` the
 * watermark counts as moved to `last`, after `out_of_sequence` it does not (then the producer's next unit lacks the same), and only
 * units without a conflict claim their ids. What a conflict tells is always what stands in storage.
 */
import type { AppendUnit, Conflict } from './port.ts';

/** What storage remembers of a producer in one partition. */
export interface Remembered {
  watermark: number;
  record: Uint8Array;
}
/** What one partition remembers. */
export interface Memory {
  producer(key: string): Remembered | undefined;
  /** Whether the log claimed the id within its window; null where ids are not remembered at all. */
  claimed: ((id: string) => boolean) | null;
}

export function findConflicts(units: readonly AppendUnit[], memory: Memory): Conflict[] {
  const conflicts: Conflict[] = [];
  const reached = new Map<string, number>();
  const claimedHere = new Set<string>();
  for (let index = 0; index < units.length; index++) {
    const unit = units[index]!;
    const stored = memory.producer(unit.producer);
    const watermark = reached.get(unit.producer) ?? stored?.watermark ?? 0;
    const reason = misfit(unit, watermark);
    if (reason !== 'out_of_sequence') reached.set(unit.producer, Math.max(watermark, unit.last));
    const repeated = reason ? [] : repeatedIds(unit.ids, memory, claimedHere);
    if (!reason && repeated.length === 0) continue;
    conflicts.push({
      unit: index,
      reason: reason ?? 'repeated_id',
      watermark: stored?.watermark ?? 0,
      record: stored?.record ?? null,
      repeated,
    });
  }
  return conflicts;
}

function misfit({ prev, first }: AppendUnit, watermark: number): 'out_of_sequence' | 'overlap' | null {
  if (watermark < prev) return 'out_of_sequence';
  return watermark >= first ? 'overlap' : null;
}

/** Indexes of the ids that are claimed already. If there are none, the unit's ids are claimed from here on. */
function repeatedIds(ids: readonly string[], memory: Memory, claimedHere: Set<string>): number[] {
  if (!memory.claimed || ids.length === 0) return [];
  const repeated: number[] = [];
  const own = new Set<string>();
  for (const [i, id] of ids.entries()) {
    if (own.has(id) || claimedHere.has(id) || memory.claimed(id)) repeated.push(i);
    else own.add(id);
  }
  if (repeated.length === 0) for (const id of own) claimedHere.add(id);
  return repeated;
}
