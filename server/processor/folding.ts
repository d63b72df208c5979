/** What the processor folds with: all projections, and a reader of events that leaves out what none of them reads. */
import type { IntactEntry } from '../../format/model.ts';
import { type LeanOptions, readLean } from '../consumer/lean-reader.ts';
import { SHARD_PROJECTIONS, USER_PROJECTIONS } from '../features/projections.ts';
import { listsProjection } from '../recommend/lists/projection.ts';
import type { ConsumedEvent, Projection } from './projection.ts';

export const PROJECTIONS: readonly Projection[] = [...USER_PROJECTIONS, listsProjection, ...SHARD_PROJECTIONS];

/** Types of which projections read only the fields of `lean-reader.ts`. One that reads another field needs it there. */
const FOLDED: LeanOptions = {
  types: new Set([
    ...['user_interaction', 'track_completed', 'track_skipped', 'explicit_rating', 'feedback_event'],
    ...['recommendation_shown', 'recommendation_clicked'],
  ]),
  others: 'whole',
};

/** Throws FormatError or ProtocolError where the bytes, although undamaged, are not what this version writes. */
export function foldedEvents(entry: IntactEntry): ConsumedEvent[] {
  const events: ConsumedEvent[] = [];
  readLean(entry, FOLDED, (consumed) => events.push(consumed));
  return events;
}
