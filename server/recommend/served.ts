/** A list that was served: the event that stands in the log before anybody sees the list, and what is read back of it. */
import { hash } from 'node:crypto';
import type { StoredEvent } from '../../format/model.ts';
import type { InternalEvent } from '../processor/port.ts';
import type { ModelName, RecommendationList, RecommendationRequest } from './port.ts';

export const SERVED = 'recommendation_served';
const REQUEST_ID_MAX = 64;

/** What is remembered of a served list; tracks are in their order, scores beside them. */
export interface ServedList {
  recommendationId: string;
  requestId: string | null;
  model: ModelName;
  at: number;
  confidence: number;
  degraded: boolean;
  tracks: string[];
  scores: number[];
}

/**
 * The event to store. Its id claims the request id where there is one: of several lists that are made for one request, whoever makes
 * them, one is stored.
 */
export function servedEvent(request: RecommendationRequest, list: RecommendationList, claim = true): InternalEvent {
  const { requestId, context } = request;
  const id = `rec:${claim && requestId !== undefined ? short(requestId) : list.recommendation_id}`;
  return {
    tenant: request.tenant,
    id,
    type: SERVED,
    user_id: request.userId,
    timestamp: list.at,
    recommendation_id: list.recommendation_id,
    ...(requestId !== undefined && { request_id: requestId }),
    model: list.model,
    confidence: list.confidence,
    ...(list.degraded && { degraded: true }),
    tracks: list.tracks.map(({ track_id }) => track_id),
    scores: list.tracks.map(({ score }) => score),
    ...(context !== undefined && Object.keys(context).length > 0 && { context }),
  };
}

/** A request id may be as long as an id of an event, which has a prefix here. */
function short(requestId: string): string {
  return requestId.length <= REQUEST_ID_MAX ? requestId : hash('sha256', requestId, 'base64url');
}

/** null for any other event. Only the server itself makes such events, of whatever version. */
export function servedList(event: StoredEvent): ServedList | null {
  if (event.type !== SERVED || typeof event.recommendation_id !== 'string') return null;
  const { tracks, scores } = event;
  if (!Array.isArray(tracks) || !Array.isArray(scores) || tracks.length !== scores.length) return null;
  return {
    recommendationId: event.recommendation_id,
    requestId: typeof event.request_id === 'string' ? event.request_id : null,
    model: event.model as ModelName,
    at: typeof event.timestamp === 'number' ? event.timestamp : event.received_at,
    confidence: typeof event.confidence === 'number' ? event.confidence : 0,
    degraded: event.degraded === true,
    tracks,
    scores,
  };
}

/** The list as it was answered, without what the catalogue adds. */
export function answeredList(userId: string, served: ServedList): RecommendationList {
  const { recommendationId, requestId, model, at, confidence, degraded, tracks, scores } = served;
  return {
    recommendation_id: recommendationId,
    ...(requestId !== null && { request_id: requestId }),
    user_id: userId,
    model,
    at,
    tracks: tracks.map((track_id, rank) => ({ track_id, score: scores[rank]! })),
    confidence,
    ...(degraded && { degraded: true as const }),
  };
}
