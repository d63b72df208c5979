/** The figures of one second, as the feed `stats` and the dashboard show them. Rates are per second, latencies in ms. */

export interface Quantiles {
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export interface FeedTrack {
  track_id: string;
  plays: number;
  artist?: string;
}

export interface ProcessorFigures {
  state: 'starting' | 'running' | 'waiting';
  /** Partitions owned by this process. */
  partitions: { partition: number; applied: number; last: number; lag: number; oldestMs: number }[];
  /** Events behind, and the age of the oldest event not processed, over its partitions. */
  lag: number;
  oldestMs: number;
  foldedPerSecond: number;
  poisoned: number;
  /** Events that retention let go of before they were folded, and entries that were damaged: both left out. */
  trimmed?: number;
  damaged?: number;
  index: { state: 'loading' | 'ready'; events: number; sessions: number; bytes: number; lag: number };
}

export interface ServerFigures {
  /** The process; `cluster` where several were added up. */
  server: string;
  at: number;
  events: {
    /** Per second, over all. */
    received: number;
    stored: number;
    duplicates: number;
    rejected: number;
    byType: Record<string, number>;
    byAction: Record<string, number>;
    rejectedByCode: Record<string, number>;
  };
  ackMs: Quantiles;
  commitMs: Quantiles;
  slabEvents: Quantiles;
  pressure: { level: number; parts: Record<string, number> };
  credit: { granted: number; outstanding: number; budget: number };
  ledgerGap: number;
  connections: { publishers: number; subscribers: number; opening: number };
  engine: { name: string; durability: string; state: 'ok' | 'slow' | 'failing' };
  memoryBytes: number;
  processor: ProcessorFigures | null;
  topTracks: FeedTrack[];
}

/** The last five minutes, oldest first: each list has one number for each second of `at`. */
export interface FiguresHistory {
  at: number[];
  received: number[];
  stored: number[];
  duplicates: number[];
  rejected: number[];
  byType: Record<string, number[]>;
  byAction: Record<string, number[]>;
  rejectedByCode: Record<string, number[]>;
  ackP50Ms: number[];
  ackP95Ms: number[];
  ackP99Ms: number[];
  commitP95Ms: number[];
  /** Pressure, 0 to 1. */
  level: number[];
  /** Bytes granted, and received and not settled. */
  granted: number[];
  outstanding: number[];
  ledgerGap: number[];
  /** Of the processors. */
  lag: number[];
  publishers: number[];
  subscribers: number[];
  memoryBytes: number[];
}

/** An item's value on the feed `stats`; only a subscription's first item has the history. */
export interface StatsValue extends ServerFigures {
  history?: FiguresHistory;
}
