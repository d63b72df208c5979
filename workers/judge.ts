/** Second stage: merges the connection's context into an event and decides whether it is stored. What fails has the stage `validate`. */
import type { EventCode } from '../protocol/codes.ts';
import { type Problem, parseTimestamp, problem, validateEvent, validateInternalEvent } from '../protocol/events.ts';
import { FUTURE_TOLERANCE_MS } from '../protocol/limits.ts';
import { type Job, reject } from './job.ts';
import type { WorkerSettings } from './settings.ts';

const FEEDBACK_TYPES: ReadonlySet<unknown> = new Set(['feedback_event', 'explicit_rating']);

const DISABLED = refusal('disabled', 'type', 'this server takes no feedback events');
const FORBIDDEN_USER = refusal('forbidden_user', 'user_id', 'not the user of the token');
const IN_FUTURE = refusal('in_future', 'timestamp', 'more than 5 minutes ahead');
const TOO_OLD = refusal('too_old', 'timestamp', 'older than maxAgeMs');

function refusal(code: EventCode, field: string, message: string): Problem {
  return problem(code, [field], message);
}

export function judge(job: Job, settings: WorkerSettings): void {
  const event = job.event;
  if (!event) return;
  if (!settings.feedbackEvents && FEEDBACK_TYPES.has(event.type)) return reject(job, 'validate', DISABLED);
  const { source, context } = job.lane;
  context.fill(job);
  const validation = source.internal ? validateInternalEvent(event) : validateEvent(event);
  if (!validation.ok) return reject(job, 'validate', validation);
  if (source.userId !== undefined && event.user_id !== source.userId) return reject(job, 'validate', FORBIDDEN_USER);

  // Both bounds are judged against the arrival, so that a slab that is worked on again gives the same verdicts.
  const { receivedAt } = job.frame;
  const timestamp = event.timestamp as number | string;
  const sent = typeof timestamp === 'number' ? timestamp : parseTimestamp(timestamp);
  job.time = sent + (source.clockOffsetMs ?? 0);
  if (job.time > receivedAt + FUTURE_TOLERANCE_MS) return reject(job, 'validate', IN_FUTURE);
  if (settings.maxAgeMs > 0 && job.time < receivedAt - settings.maxAgeMs) reject(job, 'validate', TOO_OLD);
}
