/** What models are told of a listener: from the records of its user and from what is asked for. */

import type { SessionState, TasteState } from '../../features/states.ts';
import { strongestFirst } from '../../features/taste.ts';
import type { ListenerState } from '../lists/listener-state.ts';
import type { Query, RecommendationRequest } from '../port.ts';

export interface ListenerRecords {
  session: SessionState;
  taste: TasteState;
  listener: ListenerState;
}

/** A copy: the records live on while the models think. */
export function queryOf(request: RecommendationRequest, records: ListenerRecords, now: number): Query {
  const { tenant, count, filters, similarTo } = request;
  const { session, taste } = records;
  return {
    tenant,
    at: now,
    session: session.underWay.items.map(({ track, at, weight }) => ({ track, at, weight })),
    artists: strongestFirst(taste.artists, now),
    genres: strongestFirst(taste.genres, now),
    exclude: excluded(request, records.listener),
    ...((filters?.artist || filters?.genre) && {
      filters: { ...(filters.artist && { artist: filters.artist }), ...(filters.genre && { genre: filters.genre }) },
    }),
    ...(similarTo !== undefined && { similarTo }),
    count,
  };
}

/** What must not be in the list, whatever the models think. */
function excluded({ filters, similarTo }: RecommendationRequest, listener: ListenerState): Set<string> {
  const exclude = new Set([...listener.disliked.keys(), ...listener.skipped, ...(filters?.exclude ?? [])]);
  if (filters?.seen !== 'allow') for (const track of listener.played) exclude.add(track);
  if (similarTo !== undefined) exclude.add(similarTo);
  return exclude;
}
