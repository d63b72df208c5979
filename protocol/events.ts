/** The door `events`: what an event is and whether one may be stored. It brings zod along, so clients do not import it. */
export { parseContext } from './events/context.ts';
export { INTERNAL_EVENT_MAX_BYTES, SERVED_TRACKS_MAX, validateInternalEvent } from './events/internal.ts';
export {
  ACTIONS,
  DEVICE_TYPES,
  EVENT_TYPES,
  type EventType,
  eventSchema,
  FEEDBACK_TYPES,
  fieldsOf,
  type PlayerEvent,
  requiredOf,
  SOURCES,
} from './events/schemas.ts';
export { type Flaw, FORBIDDEN_KEYS, findFlaw, STRUCTURE, type Tally } from './events/structure.ts';
export { showMessage, showPath, text } from './events/text.ts';
export { parseTimestamp } from './events/timestamp.ts';
export { isPlayerEvent, type Problem, problem, type Validation, validateEvent } from './events/validate.ts';
