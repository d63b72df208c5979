/** Second stage: merges the connection's context into an event and decides whether it is stored. What fails has the stage `validate`. */
import type { EventCode } from '../protocol/codes.ts';
import { type Problem, parseTimestamp, problem, validateEvent, validateInternalEvent } from '../protocol/events.ts';
import { FUTURE_TOLERANCE_MS } from '../protocol/limits.ts';
import { type Facts, type Job, reject } from './job.ts';
import { kindOf } from './kinds.ts';
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
  if (job.facts) return judgeTime(job, job.facts.timestamp, settings);
  const event = job.event;
  if (!event) return;
  if (!settings.feedbackEvents && FEEDBACK_TYPES.has(event.type)) return reject(job, 'validate', DISABLED);
  const { source, context } = job.lane;
  context.fill(job);
  const validation = source.internal ? validateInternalEvent(event) : validateEvent(event);
  if (!validation.ok) return reject(job, 'validate', validation);
  if (source.userId !== undefined && event.user_id !== source.userId) return reject(job, 'validate', FORBIDDEN_USER);

  job.facts = factsOf(event);
  judgeTime(job, job.facts.timestamp, settings);
}

export function factsOf(event: Record<string, unknown>): Facts {
  const timestamp = event.timestamp as number | string;
  return {
    timestamp: typeof timestamp === 'number' ? timestamp : parseTimestamp(timestamp),
    kind: kindOf(event.action ?? event.type) ?? -1,
    id: event.id as string | undefined,
    deviceType: (event.context as { device_type?: string } | undefined)?.device_type,
    track: event.track_id as string | undefined,
    position: event.position_ms as number | undefined,
    duration: event.duration_ms as number | undefined,
  };
}

/** Both bounds are judged against the arrival, so that a slab that is worked on again gives the same verdicts. */
function judgeTime(job: Job, timestamp: number, settings: WorkerSettings): void {
  const { receivedAt } = job.frame;
  job.time = timestamp + (job.lane.source.clockOffsetMs ?? 0);
  if (job.time > receivedAt + FUTURE_TOLERANCE_MS) return reject(job, 'validate', IN_FUTURE);
  if (settings.maxAgeMs > 0 && job.time < receivedAt - settings.maxAgeMs) reject(job, 'validate', TOO_OLD);
}
