import { expect, test } from 'vitest';
import { createMetrics } from '../../../server/ops/metrics.ts';
import { type FigureSources, takeFigures } from '../../../server/ops/server-figures.ts';
import { EVENT_KINDS } from '../../../workers/kinds.ts';

function sourcesOf(more: Partial<FigureSources> = {}): FigureSources {
  return {
    server: 'one',
    engine: 'embedded',
    metrics: createMetrics(),
    durability: () => 'fsync',
    pressure: () => ({ level: 0.1, parts: { storage: 0.1 } }),
    credit: () => ({ granted: 1, outstanding: 2, budget: 3 }),
    connections: () => ({ publishers: 1, subscribers: 0, opening: 0 }),
    oldestAppend: () => 0,
    processor: () => null,
    ...more,
  };
}

test('rates are per second, by type and by action, and begin anew', () => {
  const sources = sourcesOf();
  const { metrics } = sources;
  metrics.received(20, 2000);
  metrics.rejected('too_old', 4);
  const kinds = EVENT_KINDS.map((kind) => ({ skip: 6, play: 4, track_skipped: 2 })[kind] ?? 0);
  metrics.worked({ micros: { total: 1, decode: 1, validate: 0, enrich: 0, encode: 0 }, kinds });
  const { events } = takeFigures(sources, 1000, 2);
  expect(events).toMatchObject({ received: 10, rejected: 2, rejectedByCode: { too_old: 2 } });
  expect(events.byType).toEqual({ user_interaction: 5, track_skipped: 1 });
  expect(events.byAction).toEqual({ skip: 3, play: 2 });
  expect(takeFigures(sources, 2000, 1).events).toMatchObject({ received: 0, byType: {}, byAction: {} });
  metrics.close();
});

test('storage that is slow, or does not answer, shows', () => {
  const state = (more: Partial<FigureSources>) => takeFigures(sourcesOf(more), 0, 1).engine.state;
  expect(state({})).toBe('ok');
  expect(state({ pressure: () => ({ level: 0.6, parts: { storage: 0.6 } }) })).toBe('slow');
  expect(state({ oldestAppend: () => 6 })).toBe('failing');
});
