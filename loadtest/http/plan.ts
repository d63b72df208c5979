/** What a process that loads HTTP is told and what it answers, over IPC: plain data. Times are ms. */
import type { ConnectionTally, EventPlan, Percentiles } from '../generator/plan.ts';

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

/** `gapless`: each connection is a producer and numbers its events. `plain`: bodies without producers, for peers. */
export type HttpDialect = 'gapless' | 'plain';

export interface HttpPlan {
  dialect: HttpDialect;
  /** `http://...` */
  url: string;
  token?: string | undefined;
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

export interface HttpReport {
  /** Of the measured time. */
  seconds: number;
  /** Events that were settled: stored, or refused for good. */
  acknowledged: number;
  requests: number;
  bytes: number;
  cpuSeconds: number;
  /** Requests that were due in the measured time; those of them that were not sent before the load ended count with the time that they waited. */
  offered: number;
  unsent: number;
  /** Of requests: from when they were due to the answer; in a closed loop they are due when they are sent. */
  latency: Percentiles;
  /** How late requests went out with no other one before them. */
  lateness: Percentiles;
  /** Over the whole run. */
  tallies: ConnectionTally[];
  /** Requests by the status of their answers. */
  answers: Record<string, number>;
  /** What must not happen; the first few, in words. */
  faults: string[];
}

export interface HttpSecond {
  /** Events. */
  acknowledged: number;
  /** An encoded histogram. */
  latency?: string | undefined;
}

export type FromHttp =
  | { kind: 'measuring' | 'measured' }
  | { kind: 'second'; second: HttpSecond }
  | { kind: 'report'; report: HttpReport };

/** Ends the load early: what was sent is still waited for. */
export type ToHttp = { kind: 'stop' };
