/**
 * Writes a connection's context into an event, as the server would have done it. A kept event belongs to the context it was made under;
 * when the client comes back with another one, the old one must be written into what is still to be sent.
 */
import type { ClientEvent } from './types.ts';

const PLAY = ['session_id', 'track_id', 'position_ms', 'duration_ms', 'recommendation_id'];
const RECOMMENDATION = ['recommendation_id', 'track_id', 'position'];

/** The fields that a context can fill in, by the event's type; `user_id` every event has. */
export const CONTEXT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  user_interaction: [...PLAY, 'action', 'context'],
  feedback_event: ['recommendation_id', 'feedback_type', 'track_id', 'rating', 'relevance_score'],
  recommendation_shown: RECOMMENDATION,
  recommendation_clicked: RECOMMENDATION,
  track_completed: PLAY,
  track_skipped: PLAY,
  explicit_rating: ['track_id', 'rating'],
};

export function mergeContext(event: ClientEvent, context: Record<string, unknown>): ClientEvent {
  const merged: ClientEvent = { ...event };
  for (const field of ['user_id', ...(CONTEXT_FIELDS[String(event.type)] ?? [])]) {
    const fill = context[field];
    if (fill === undefined) continue;
    if (field === 'context' && isMap(merged.context) && isMap(fill)) merged.context = { ...fill, ...merged.context };
    else if (merged[field] === undefined) merged[field] = fill;
  }
  return merged;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
