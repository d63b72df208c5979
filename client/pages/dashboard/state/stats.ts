/** What the feed `stats` sends, as far as the dashboard reads it. Rates are per second, latencies in ms; `docs/DASHBOARD.md` explains each. */

export interface Quantiles {
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export interface Partition {
  partition: number;
  applied: number;
  last: number;
  lag: number;
  oldestMs: number;
}

export interface Processor {
  state: string;
  partitions: Partition[];
  lag: number;
  oldestMs: number;
  foldedPerSecond: number;
  poisoned: number;
  trimmed?: number;
  damaged?: number;
  index: { state: string; events: number; sessions: number; bytes: number; lag: number };
}

export interface Stats {
  server: string;
  at: number;
  events: {
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
  /** From 0 to 1. */
  pressure: { level: number; parts: Record<string, number> };
  credit: { granted: number; outstanding: number; budget: number };
  ledgerGap: number;
  connections: { publishers: number; subscribers: number; opening: number };
  engine: { name: string; durability: string; state: string };
  memoryBytes: number;
  processor: Processor | null;
  topTracks: { track_id: string; plays: number; artist?: string }[];
  history?: StatsHistory;
}

/** Oldest first; each list has one number for each second of `at`. */
export interface StatsHistory {
  at: number[];
  stored: number[];
  byType: Record<string, number[]>;
  byAction: Record<string, number[]>;
  rejectedByCode: Record<string, number[]>;
  ackP50Ms: number[];
  ackP99Ms: number[];
  commitP95Ms: number[];
  level: number[];
  granted: number[];
  outstanding: number[];
  lag: number[];
  publishers: number[];
  subscribers: number[];
}

/** A server of another version may send something else: better no picture than a wrong one. */
export function isStats(value: Record<string, unknown>): value is Record<string, unknown> & Stats {
  const parts = ['events', 'ackMs', 'commitMs', 'slabEvents', 'pressure', 'credit', 'connections', 'engine'];
  const isMap = (part: unknown) => typeof part === 'object' && part !== null;
  return typeof value.at === 'number' && parts.every((name) => isMap(value[name])) && Array.isArray(value.topTracks);
}
