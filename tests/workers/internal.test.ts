import { expect, it } from 'vitest';
import { idHash } from '../../format/id-hash.ts';
import { partitionOf } from '../../format/partition.ts';
import type { SlabSource } from '../../workers/slab.ts';
import { event, NOW, outcome, pack, run, SETTINGS, SOURCE } from './slabs.ts';

const SERVER: SlabSource = { ...SOURCE, producer: 'gapless.internal.x', internal: true };

/** A list of `count` tracks and their scores. */
function served(count: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  const tracks = Array.from({ length: count }, (_, i) => `track-${i}`.padEnd(120, 'x'));
  const scores = tracks.map((_, i) => 1 / (i + 1));
  const list = { recommendation_id: 'r-1', request_id: 'q-1', model: 'blend', confidence: 0.5, tracks, scores };
  return { type: 'recommendation_served', timestamp: NOW, user_id: 'u-1', id: 'served-1', ...list, ...more };
}

const MORE = {
  degraded: true,
  context: { source: 'radio', device: 'car', playlist: 'p' },
};

it('stores the events of the server, larger than a client’s may be, with their user and their id', () => {
  const sent = served(100, MORE);
  expect(pack(sent).length).toBeGreaterThan(SETTINGS.limits.maxEventBytes);
  const result = run([{ events: [sent] }], [SERVER]);
  expect(outcome(result).stored).toMatchObject([{ ...sent, event_time: NOW, producer: 'gapless.internal.x', seq: 1 }]);
  const [unit] = result.units;
  expect(unit?.partition).toBe(partitionOf('default', 'u-1', SETTINGS.partitions));
  expect(unit?.ids).toEqual([idHash('default', 'u-1', 'served-1')]);
});

it('claims their ids, also where those of clients are not', () => {
  const frames = [
    { source: 0, events: [event({ id: 'a' })] },
    { source: 1, events: [served(1)] },
  ];
  const { units } = run(frames, [SOURCE, SERVER], { clientIds: false });
  expect(units.map(({ ids }) => ids.length)).toEqual([0, 1]);
});

it.each([
  ['unknown field', served(1, { extra: 1 }), 'unknown_field extra'],
  ['too many tracks', served(101), 'invalid_field tracks'],
  ['no id', served(1, { id: undefined }), 'missing_field id'],
  ['no number', served(0, { confidence: 2 }), 'invalid_field confidence'],
  ['an event of clients', event(), 'invalid_field type'],
])('does not store what is wrong: %s', (_, sent, expected) => {
  const plain = JSON.parse(JSON.stringify(sent)) as object;
  const { stored, rejected } = outcome(run([{ events: [plain] }], [SERVER]));
  expect(stored).toEqual([]);
  expect(rejected).toEqual([`1 ${expected}`]);
});

it.each(['msgpack', 'json', 'ndjson'] as const)('takes none from a client (%s)', (format) => {
  const { stored, rejected } = outcome(run([{ events: [served(1)], format }]));
  expect(stored).toEqual([]);
  expect(rejected).toEqual(['1 unknown_type type']);
});
