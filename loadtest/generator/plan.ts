/** What a generator process is told and what it answers, over IPC; all of it is plain data. Times are ms, sizes bytes. */

/** Which protocol the generator speaks. */
export type Wire = 'gapless' | 'straightforward';

/** The events of every connection, reproducible: the verifier makes the same ones again. */
export interface EventPlan {
  seed: number;
  /** Distinct events of a connection; number n is event (n - 1) modulo this. */
  perConnection: number;
  /** When the first one happened, ms since 1970. */
  startMs: number;
}

/** `closed`: every connection sends as fast as it is acknowledged. */
export interface ClosedLoop {
  kind: 'closed';
  /** Unacknowledged events of a connection, where the protocol sets no limit of its own. */
  inFlight: number;
}
/** `open`: events are offered at times that do not depend on the answers (Poisson), each on a connection drawn at random. */
export interface OpenLoop {
  kind: 'open';
  eventsPerSecond: number;
  seed: number;
}

/**
 * `burst`: first every connection is given the largest window it can get, a few at a time, so that the server stays calm; then, when told to
 * `go`, all send at once and go on as in a closed loop.
 */
export interface Burst {
  kind: 'burst';
}

export interface LoadPlan {
  wire: Wire;
  url: string;
  token?: string;
  /** Connection i publishes as `<producers>-<i>` for listener i. */
  producers: string;
  connections: number;
  eventsPerFrame: number;
  events: EventPlan;
  loop: ClosedLoop | OpenLoop | Burst;
  warmUpMs: number;
  measureMs: number;
  /** How long to wait at the end for what is not acknowledged. */
  drainMs: number;
}

/** Latencies in ms. */
export interface Percentiles {
  count: number;
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  max: number;
}

/** What one connection did in all. */
export interface ConnectionTally {
  producer: string;
  sent: number;
  acknowledged: number;
}

export interface LoadReport {
  /** Within the measured time. */
  seconds: number;
  acknowledged: number;
  frames: number;
  bytes: number;
  /** CPU seconds of the generator, its threads included, and its share of one core. */
  cpuSeconds: number;
  /** Open loop only: from the intended send time to the acknowledgement, and how late the generator itself was. */
  latency?: Percentiles;
  lateness?: Percentiles;
  /** Over the whole run. */
  tallies: ConnectionTally[];
  /** What must not happen: refused frames, rejected events, closed connections. The first few, in words. */
  faults: string[];
}

export type FromGenerator =
  /** All connections are open, load begins; for a burst: all windows have grown, `go` is waited for. */
  | { kind: 'loaded' }
  /** The measured time begins and ends. */
  | { kind: 'measuring' }
  | { kind: 'measured' }
  | { kind: 'report'; report: LoadReport };

/** `stop` ends the load early: what was sent is still waited for. `go` lets a burst begin. */
export type ToGenerator = { kind: 'stop' | 'go' };
