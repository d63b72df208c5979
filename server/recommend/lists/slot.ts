/** One of the lists that were served to a user last, in the record `served\0<slot>`, with what became of its tracks. */
import { FormatError } from '../../../format/bytes.ts';
import { pack, unpackMap } from '../../../format/msgpack.ts';
import type { RecordCodec } from '../../processor/projection.ts';
import type { ServedList } from '../served.ts';
import { OUTCOMES, type Outcome } from './outcome.ts';

/** `list` is null in a slot that was never used. */
export interface SlotState {
  list: ServedList | null;
  /** For each track, and at the end for the list as a whole: a bit for each outcome that came. */
  outcomes: number[];
}

export function fillSlot(state: SlotState, list: ServedList): void {
  state.list = list;
  state.outcomes = new Array(list.tracks.length + 1).fill(0);
}

/**
 * The rank, from 0, of the track in the list, or -1 for the list as a whole, if the outcome is news; null if the list is another one by
 * now, the track is not in it, or the same outcome came before.
 */
export function noteOutcome(
  { list, outcomes }: SlotState,
  recommendationId: string,
  outcome: Outcome,
  track: string | undefined,
): number | null {
  if (list?.recommendationId !== recommendationId) return null;
  const rank = track === undefined ? -1 : list.tracks.indexOf(track);
  if (rank < 0 && track !== undefined) return null;
  const place = rank < 0 ? list.tracks.length : rank;
  const bit = 1 << OUTCOMES.indexOf(outcome);
  if ((outcomes[place]! & bit) !== 0) return null;
  outcomes[place]! |= bit;
  return rank;
}

export const slotCodec: RecordCodec<SlotState> = {
  create: () => ({ list: null, outcomes: [] }),
  encode: ({ list, outcomes }) => pack({ ...list, outcomes }),
  decode(bytes) {
    const { outcomes, ...list } = unpackMap(bytes);
    if (!Array.isArray(outcomes)) throw new FormatError('not a served list');
    return { list: 'recommendationId' in list ? (list as unknown as ServedList) : null, outcomes };
  },
};
