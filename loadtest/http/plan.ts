/** What a process that loads HTTP is told and what it answers: plain data. The messages between are the generator's. Times are ms. */
import type { EventPlan, LoadReport } from '../generator/plan.ts';

export const BODY_FORMATS = ['ndjson', 'json', 'msgpack'] as const;
export type BodyFormat = (typeof BODY_FORMATS)[number];

/** `mixed`: requests of one event, of a tenth, of all and of four times `eventsPerRequest`, drawn at random. */
export const BODY_SIZES = ['fixed', 'mixed'] as const;
export type BodySizes = (typeof BODY_SIZES)[number];

/** `closed`: every connection sends its next request when the last one is answered. */
export type Pace =
  | { kind: 'closed' }
  /** Requests a second over all connections, at times that do not depend on the answers. */
  | { kind: 'steady'; perSecond: number }
  /** Rises evenly over warm-up and measured time. */
  | { kind: 'ramp'; from: number; to: number };

/** `gapless`: each connection is a producer, and numbers its events. `plain`: bodies without producers, for peers. */
export type HttpDialect = 'gapless' | 'plain';

export interface HttpPlan {
  wire: 'http';
  dialect: HttpDialect;
  /** `http://...` */
  url: string;
  token?: string;
  /** Connection i publishes as `<producers>-<i>` for listener i. */
  producers: string;
  connections: number;
  format: BodyFormat;
  eventsPerRequest: number;
  sizes: BodySizes;
  events: EventPlan;
  pace: Pace;
  warmUpMs: number;
  measureMs: number;
  /** How long to wait at the end for what is not answered. */
  drainMs: number;
}

/** Latency counts from the intended send time, in a closed loop from sending; `frames` are requests. */
export interface HttpReport extends LoadReport {
  /** Over the whole run: events that the answers named as rejected, all of them bad ones, and requests by the status of their answers. */
  rejected: number;
  answers: Record<string, number>;
}
