/** Figures as a server tells them. */
import type { Stats, StatsHistory } from '../../../../client/pages/dashboard/state/stats.ts';

export function stats(changes: Partial<Stats> = {}): Stats {
  return {
    server: 'one',
    at: 1_000_000,
    events: {
      received: 302,
      stored: 300,
      duplicates: 1,
      rejected: 1,
      byType: { user_interaction: 240, recommendation_shown: 40, feedback_event: 20 },
      byAction: { play: 200, skip: 40 },
      rejectedByCode: { invalid_field: 1 },
    },
    ackMs: { p50: 2, p95: 8, p99: 12, max: 20 },
    commitMs: { p50: 1, p95: 5, p99: 7, max: 9 },
    slabEvents: { p50: 4, p95: 16, p99: 32, max: 64 },
    pressure: { level: 0.2, parts: { storage: 0.2, pool: 0.1 } },
    credit: { granted: 1_000, outstanding: 2_048, budget: 67_108_864 },
    ledgerGap: 0,
    connections: { publishers: 4, subscribers: 1, opening: 0 },
    engine: { name: 'embedded', durability: 'fsync', state: 'ok' },
    memoryBytes: 300_000_000,
    processor: {
      state: 'running',
      partitions: [{ partition: 0, applied: 90, last: 100, lag: 10, oldestMs: 40 }],
      lag: 10,
      oldestMs: 40,
      foldedPerSecond: 300,
      poisoned: 0,
      index: { state: 'ready', events: 100, sessions: 3, bytes: 1_000, lag: 0 },
    },
    topTracks: [{ track_id: 't', plays: 3 }],
    ...changes,
  };
}

export function history(at: number[]): StatsHistory {
  const all = (value: number) => at.map(() => value);
  return {
    at,
    stored: all(5),
    byType: { user_interaction: all(4), explicit_rating: all(1) },
    byAction: { play: all(4), skip: all(0) },
    rejectedByCode: { too_old: all(2) },
    ackP50Ms: all(1),
    ackP99Ms: all(2),
    commitP95Ms: all(3),
    level: all(0.5),
    granted: all(10),
    outstanding: all(20),
    lag: all(30),
    publishers: all(1),
    subscribers: all(2),
  };
}
