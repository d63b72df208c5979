/** Stored events of one listener, for tests. */
import type { StoredEvent } from '../../../../format/model.ts';
import type { RecommendationList, RecommendationRequest } from '../../../../server/recommend/port.ts';
import { servedEvent } from '../../../../server/recommend/served.ts';

export const TENANT = 'default';
export const USER = 'ann';
export const T0 = Date.UTC(2026, 10, 20);

export function stored(type: string, fields: Record<string, unknown> = {}, at = T0): StoredEvent {
  const stamp = { tenant: TENANT, producer: 'p', epoch: 1, seq: 1, received_at: at, event_time: at };
  return { ...stamp, type, user_id: USER, ...fields };
}

export function interaction(action: string, track: string, fields: Record<string, unknown> = {}, at = T0): StoredEvent {
  return stored('user_interaction', { action, track_id: track, session_id: 's1', ...fields }, at);
}

export function list(id: string, tracks: readonly string[], requestId?: string): RecommendationList {
  return {
    recommendation_id: id,
    ...(requestId !== undefined && { request_id: requestId }),
    user_id: USER,
    model: 'blend',
    at: T0,
    tracks: tracks.map((track_id, rank) => ({ track_id, score: 1 / (rank + 1) })),
    confidence: 0.5,
  };
}

export function served(list: RecommendationList, request: Partial<RecommendationRequest> = {}): StoredEvent {
  const base = { tenant: TENANT, userId: USER, count: 20, model: 'blend' as const };
  const requestId = list.request_id;
  const { timestamp, ...event } = servedEvent(
    { ...base, ...(requestId !== undefined && { requestId }), ...request },
    list,
  );
  return stored(event.type, { ...event, timestamp }, timestamp);
}
