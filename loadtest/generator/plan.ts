/** What a generator process is told and what it answers, over IPC; all of it is plain data. Times are ms, sizes bytes. */

/** Which protocol the generator speaks. */
export type Wire = 'gapless' | 'straightforward' | 'socket-io' | 'nats' | 'echo';

/** The events of every connection, reproducible: the verifier makes the same ones again. */
export interface EventPlan {
  seed: number;
  /** Distinct events of a connection; number n is event (n - 1) modulo this. */
  perConnection: number;
  /** When the first one happened, ms since 1970. */
  startMs: number;
  /** Share of them that are spoilt (`loadtest/http/bad-events.ts`), 0 to 1; none if left out. */
  badShare?: number;
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
  /** Exponent of Zipf's law over the connections; left out, all are drawn alike. */
  skew?: number;
}

/**
 * `flood`: events are offered evenly, so many a second over all connections, whatever becomes of them. Each connection keeps up to
 * `outboxEvents` of them and drops what is beyond. At the end what was not sent is let go.
 */
export interface Flood {
  kind: 'flood';
  eventsPerSecond: number;
  outboxEvents: number;
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
  /** The number of the first connection; default 0. A generator process that has a part of a plan has these of its connections. */
  firstConnection?: number;
  eventsPerFrame: number;
  events: EventPlan;
  loop: ClosedLoop | OpenLoop | Flood | Burst;
  /** Connections are the SDK's, with its outbox: they survive the server and come back. Gapless only. */
  outbox?: boolean;
  /** How many connections a process opens at a time; default 50. */
  opening?: number;
  /** A connection that is not let in is counted and left out; otherwise it ends the load. */
  mayRefuse?: boolean;
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
  /** Whose events of the plan it sent. */
  connection: number;
  sent: number;
  acknowledged: number;
  /** Of the acknowledged ones: refused for good, as they had to be. */
  rejected?: number;
}

/** How connections were opened. */
interface OpenedCount {
  /** From the first one to the last WELCOME, and how much of a core the busiest process used meanwhile. */
  seconds: number;
  cores: number;
  refused: number;
}
export interface Opened extends OpenedCount {
  /** From the beginning of a connection to its WebSocket, and from HELLO to WELCOME; where the protocol has those. */
  upgrade?: Percentiles;
  welcome?: Percentiles;
}
export interface ShardOpened extends OpenedCount {
  upgrade: string;
  welcome: string;
}

/** Of one generator process, or of all together. */
interface Counted {
  /** The measured time: when it began, in seconds since the run's load began, and how long it was. */
  from: number;
  seconds: number;
  acknowledged: number;
  /** Open loop and flood: events that were due. */
  offered?: number;
  frames: number;
  bytes: number;
  /** CPU seconds with all threads, of all processes. */
  cpuSeconds: number;
  /** How much of one core the main thread used; of several processes the busiest. */
  cores: number;
  /** Over the whole run. */
  tallies: ConnectionTally[];
  /** Open loop and flood: events that were due and were not sent, because the load ended or an outbox was full. */
  unsent?: number;
  /** What must not happen: refused frames, rejected events, closed connections. The first few, in words. */
  faults: string[];
}

export interface LoadReport extends Counted {
  opened: Opened;
  /**
   * From the intended send time to the acknowledgement, of events that were due in the measured time. An event that could not be sent before the
   * load ended counts with the time that it waited until then. In a closed loop an event is due when it is sent, and a connection times one
   * frame after the other.
   */
  latency?: Percentiles;
  /** Open loop only: how late the generator itself was, which is a part of the latency. */
  lateness?: Percentiles;
}

/** What one process reports; histograms are encoded, because percentiles cannot be merged. */
export interface ShardReport extends Counted {
  opened: ShardOpened;
  latency?: string;
  lateness?: string;
}

/** One second of one process, on the clock of the run. */
export interface ShardSecond {
  /** Seconds since the run's load began, at the end of this second. */
  at: number;
  acknowledged: number;
  offered?: number;
  latency?: string;
}

export type FromGenerator =
  /** All connections are open; `begin` is waited for. */
  | { kind: 'opened' }
  /** Load begins; for a burst: all windows have grown, `go` is waited for. */
  | { kind: 'loaded' }
  | { kind: 'second'; second: ShardSecond }
  /** The measured time begins and ends. */
  | { kind: 'measuring' }
  | { kind: 'measured' }
  | { kind: 'report'; report: ShardReport };

/**
 * `begin`: all processes have their connections open; the run's load began at `originMs` (since 1970). `stop` ends the load early: what was
 * sent is still waited for. `go` lets a burst begin.
 */
export type ToGenerator = { kind: 'begin'; originMs: number } | { kind: 'stop' | 'go' };
