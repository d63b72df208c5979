/** What a worker thread is told once, as its `workerData`. */
import type { FrameLimits } from '../protocol/limits.ts';

export interface WorkerSettings {
  partitions: number;
  /** An event whose corrected time is longer ago than this is `too_old`; 0 for never. Milliseconds. */
  maxAgeMs: number;
  limits: FrameLimits;
  /** Whether stored events get derived fields; `event_time` they always get. */
  enrichment: boolean;
  /** Whether `feedback_event` and `explicit_rating` are taken; otherwise they are `disabled`. */
  feedbackEvents: boolean;
  /** Whether rejected events are kept as dead letters. */
  deadLetters: boolean;
  /** Whether the `id` of a client's event claims it; that of the server's own events always does. Default true. */
  clientIds?: boolean;
  /** Track metadata, CSV or NDJSON; see `catalogue.ts`. */
  cataloguePath?: string;
}
