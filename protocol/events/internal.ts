/**
 * Events that the server itself makes: stored like any other, never taken from a client, for whom their types are unknown. Strict as
 * well, so that a fault of the server does not become history.
 */
import { z } from 'zod';
import { text } from './text.ts';
import { fromIssue, type Validation } from './validate.ts';

/** They may be larger than what clients send: a list names up to this many tracks. */
export const SERVED_TRACKS_MAX = 100;
export const INTERNAL_EVENT_MAX_BYTES = 128 * 1024;

/** A list of recommendations, stored before it is shown to anybody. */
const served = z.strictObject({
  type: z.literal('recommendation_served'),
  timestamp: z.int().min(0),
  user_id: text(),
  id: text(),
  recommendation_id: text(),
  request_id: text().optional(),
  model: text(),
  confidence: z.number().min(0).max(1),
  degraded: z.boolean().optional(),
  /** Best first, and the score of each. */
  tracks: z.array(text()).max(SERVED_TRACKS_MAX),
  scores: z.array(z.number()).max(SERVED_TRACKS_MAX),
  context: z
    .strictObject({ source: text().optional(), device: text().optional(), playlist: text().optional() })
    .optional(),
});

const internalEventSchema = z.compile(z.discriminatedUnion('type', [served]), { strict: true });

/** As `validateEvent`, of an event that the server made. */
export function validateInternalEvent(event: unknown): Validation {
  const result = internalEventSchema.safeParse(event);
  return result.success ? { ok: true } : { ok: false, ...fromIssue(event, result.error.issues[0]!) };
}
