/** A second's figures of a server, for tests of what is made of them. */
import type { Quantiles, ServerFigures } from '../../server/feeds/figures.ts';

const quantiles = (p50: number): Quantiles => ({ p50, p95: 2 * p50, p99: 3 * p50, max: 4 * p50 });

export function testFigures(server: string, at: number, more: Partial<ServerFigures> = {}): ServerFigures {
  return {
    server,
    at,
    events: {
      received: 100,
      stored: 95,
      duplicates: 2,
      rejected: 3,
      byType: { user_interaction: 90, explicit_rating: 5 },
      byAction: { play: 50, skip: 40 },
      rejectedByCode: { too_old: 3 },
    },
    ackMs: quantiles(5.123),
    commitMs: quantiles(2.5),
    slabEvents: quantiles(20),
    pressure: { level: 3, parts: { storage: 0.3, memory: 0.1 } },
    credit: { granted: 1_000, outstanding: 200, budget: 100_000 },
    ledgerGap: 0,
    connections: { publishers: 10, subscribers: 2, opening: 1 },
    engine: { name: 'redis', durability: 'fsync', state: 'ok' },
    memoryBytes: 123_456_789,
    processor: null,
    topTracks: [{ track_id: 'a', plays: 7 }],
    ...more,
  };
}
