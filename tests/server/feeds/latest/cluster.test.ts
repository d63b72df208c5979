import { expect, it } from 'vitest';
import type { ProcessorFigures } from '../../../../server/feeds/figures.ts';
import { addFigures } from '../../../../server/feeds/latest/cluster.ts';
import { testFigures } from '../../../helpers/figures.ts';

const processor = (partition: number, more: Partial<ProcessorFigures> = {}): ProcessorFigures => ({
  state: 'running',
  partitions: [{ partition, applied: 5, last: 8, lag: 3, oldestMs: 40 }],
  lag: 3,
  oldestMs: 40,
  foldedPerSecond: 50,
  poisoned: 1,
  index: { state: 'ready', events: 100, sessions: 10, bytes: 1_000, lag: 2 },
  ...more,
});

it('one server is the cluster', () => {
  const one = testFigures('a', 5);
  expect(addFigures([one])).toEqual({ ...one, server: 'cluster' });
});

it('adds up what counts, and shows the worst of what does not', () => {
  const sum = addFigures([
    testFigures('a', 5, {
      processor: processor(1),
      topTracks: [
        { track_id: 'a', plays: 7, artist: 'x' },
        { track_id: 'b', plays: 5 },
      ],
    }),
    testFigures('b', 6, {
      processor: processor(0, {
        oldestMs: 90,
        state: 'waiting',
        index: { state: 'loading', events: 50, sessions: 5, bytes: 500, lag: 60 },
      }),
      topTracks: [{ track_id: 'b', plays: 4 }],
      ackMs: { p50: 1, p95: 80, p99: 90, max: 100 },
      pressure: { level: 7, parts: { storage: 0.2, loop: 0.9 } },
      engine: { name: 'redis', durability: 'os', state: 'failing' },
    }),
    testFigures('gateway', 4),
  ]);
  expect(sum).toMatchObject({
    server: 'cluster',
    at: 6,
    events: {
      received: 300,
      stored: 285,
      byType: { user_interaction: 270 },
      byAction: { play: 150 },
      rejectedByCode: { too_old: 9 },
    },
    pressure: { level: 7, parts: { storage: 0.3, memory: 0.1, loop: 0.9 } },
    credit: { granted: 3_000, outstanding: 600, budget: 300_000 },
    connections: { publishers: 30, subscribers: 6, opening: 3 },
    engine: { durability: 'os', state: 'failing' },
    topTracks: [
      { track_id: 'b', plays: 9 },
      { track_id: 'a', plays: 14, artist: 'x' },
    ].sort((a, b) => b.plays - a.plays),
    processor: { state: 'waiting', lag: 6, oldestMs: 90, foldedPerSecond: 100, poisoned: 2 },
  });
  expect(sum.ackMs).toEqual({ p50: 5.123, p95: 80, p99: 90, max: 100 });
  expect(sum.processor!.partitions.map(({ partition }) => partition)).toEqual([0, 1]);
  expect(sum.processor!.index).toEqual({ state: 'loading', events: 50, sessions: 5, bytes: 1_500, lag: 60 });
});
