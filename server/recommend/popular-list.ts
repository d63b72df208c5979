/** What is popular, as a list for one request: where nobody can say more. It knows nothing of the listener. */
import type { RecommendationList, RecommendationRequest, RecommendedTrack } from './port.ts';
import { degradedSlot, makeRecommendationId } from './recommendation-id.ts';

/** Empty where nothing is known to be popular, or nothing of it is wanted. */
export function popularList(
  { userId, requestId, count, filters, similarTo }: RecommendationRequest,
  popular: readonly RecommendedTrack[],
  at: number,
): RecommendationList {
  const exclude = new Set(filters?.exclude);
  if (similarTo !== undefined) exclude.add(similarTo);
  const allowed = popular.filter(
    ({ track_id, artist, genre }) =>
      !exclude.has(track_id) && isAmong(artist, filters?.artist) && isAmong(genre, filters?.genre),
  );
  return {
    recommendation_id: makeRecommendationId('popularity', degradedSlot(requestId !== undefined)),
    ...(requestId !== undefined && { request_id: requestId }),
    user_id: userId,
    model: 'popularity',
    at,
    tracks: allowed.slice(0, count),
    confidence: 0,
    degraded: true,
  };
}

function isAmong(value: string | undefined, wanted: readonly string[] | undefined): boolean {
  return wanted === undefined || wanted.length === 0 || (value !== undefined && wanted.includes(value));
}
