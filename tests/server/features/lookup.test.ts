import { expect, test } from 'vitest';
import type { FeatureView } from '../../../server/features/definition.ts';
import { lookupFeatures, userValues } from '../../../server/features/lookup.ts';
import type { FeatureReader } from '../../../server/features/port.ts';
import { registryOf, VIEWS } from '../../../server/features/registry.ts';
import type { FeatureRequest } from '../../../server/features/request.ts';
import { interaction, NOW, stored } from './arbitrary-events.ts';
import { PARTITIONS, storeOf } from './folded.ts';

const HOUR = 3_600_000;
const track = { artist: 'Nina', genre: 'jazz' };
const events = [
  interaction('play', { track }, NOW - 2 * HOUR),
  interaction('complete', { track }, NOW - 2 * HOUR + 200_000),
  interaction('play', { track_id: 't-2', session_id: 's-2' }, NOW - 60_000),
  stored('feedback_event', { user_id: 'user-2' }),
];

async function look(request: Partial<FeatureRequest>, reader?: FeatureReader) {
  const store = reader ?? (await storeOf(events));
  return lookupFeatures(store, PARTITIONS, { tenant: 'default', features: [], rows: [], ...request }, NOW);
}

test('values with their status and time, by row and feature', async () => {
  const answer = await look({
    features: ['user:plays_total', 'user:skip_rate_7d', 'user_artist:affinity_1d', 'track:plays_last_1h'],
    rows: [
      { user: 'user-1', artist: 'Nina', track: 't-2' },
      { user: 'user-2', artist: 'Nina', track: 't-3' },
    ],
  });
  expect(answer).toEqual({
    features: ['user:plays_total', 'user:skip_rate_7d', 'user_artist:affinity_1d', 'track:plays_last_1h'],
    at: NOW,
    rows: [
      [
        { status: 'present', value: 2, at: NOW - 60_000 },
        { status: 'present', value: expect.closeTo(1.4 / 5, 2), at: NOW - 2 * HOUR + 200_000 },
        { status: 'present', value: expect.closeTo(2 ** (-7_000_000 / (24 * HOUR)), 6), at: NOW - 2 * HOUR + 200_000 },
        { status: 'present', value: 1, at: NOW - 60_000 },
      ],
      [
        { status: 'present', value: 0, at: NOW },
        { status: 'null', at: NOW },
        { status: 'not_found' },
        { status: 'not_found' },
      ],
    ],
  });
});

test('as of a given time, and not older than asked', async () => {
  const features = ['user:plays_last_1h', 'user:completions_total'];
  const rows = [{ user: 'user-1' }];
  const later = await look({ features, rows, at: NOW + HOUR, maxAgeMs: 2 * HOUR });
  expect(later.at).toBe(NOW + HOUR);
  expect(later.rows[0]).toEqual([
    { status: 'present', value: 1, at: NOW - 60_000 },
    { status: 'outside_max_age', at: NOW - 2 * HOUR + 200_000 },
  ]);
  const hostile = await look({ features, rows, at: Number.MAX_SAFE_INTEGER });
  expect(hostile.rows[0]!.map(({ value }) => value)).toEqual([0, 1]);
  const early = await look({ features, rows, at: 0 });
  expect(early.rows[0]!.map(({ status }) => status)).toEqual(['null', 'null']);
});

test('all of a view, in the order of the registry', async () => {
  const { features, rows } = await look({ features: ['session:*'], rows: [{ user: 'user-1' }] });
  expect(features.slice(0, 2)).toEqual(['session:id', 'session:started_at']);
  expect(Object.fromEntries(features.map((name, i) => [name, rows[0]![i]!.value]))).toMatchObject({
    'session:id': 's-2',
    'session:idle': 60,
    'session:position': 1,
    'session:items': [{ track: 't-2', at: NOW - 60_000, weight: 0.5 }],
  });
});

test('every view of listening finds its record', async () => {
  // What becomes of lists is folded and tested in recommend/.
  const views = VIEWS.filter(({ name }) => name !== 'model');
  const store = await storeOf(['like', 'dislike', 'play'].map((action) => interaction(action, { track })));
  const row = { user: 'user-1', track: 't-1', artist: 'Nina', genre: 'jazz' };
  const { rows } = await look({ features: views.map(({ name }) => `${name}:*`), rows: [row] }, store);
  expect(rows[0]!.filter(({ status }) => status === 'not_found')).toEqual([]);
});

test('another tenant sees nothing', async () => {
  const { rows } = await look({
    tenant: 'other',
    features: ['user:plays_total', 'global:plays_total'],
    rows: [{ user: 'user-1' }],
  });
  expect(rows[0]).toEqual([{ status: 'not_found' }, { status: 'not_found' }]);
});

test('refuses what there is not', async () => {
  await expect(look({ features: ['user:joy'], rows: [] })).rejects.toMatchObject({ code: 'unknown_feature' });
  await expect(look({ features: ['toString'], rows: [] })).rejects.toMatchObject({ code: 'unknown_feature' });
  const pair = look({ features: ['user_artist:affinity_1d'], rows: [{ user: 'user-1' }] });
  await expect(pair).rejects.toMatchObject({ code: 'missing_entity' });
});

test('one load for each scope, each record once', async () => {
  const store = await storeOf(events);
  const loads: number[] = [];
  const counting: FeatureReader = {
    ...store,
    load(scope, keys) {
      loads.push(keys.length);
      return store.load(scope, keys);
    },
  };
  const row = { user: 'user-1', artist: 'Nina' };
  await look({ features: ['user:*', 'user_artist:*', 'session:idle'], rows: [row, row, row] }, counting);
  expect(loads).toEqual([3]);
});

test('a view that is defined elsewhere and lies in several scopes', async () => {
  const plays: FeatureView<{ plays: number; at: number }> = {
    name: 'everywhere',
    about: 'made up',
    entity: ['model'],
    codec: {
      create: () => ({ plays: 0, at: 0 }),
      encode: ({ plays }) => Uint8Array.of(plays),
      decode: (bytes) => ({ plays: bytes[0]!, at: NOW }),
    },
    places: (tenant, { model }, partitions) =>
      [...Array(partitions).keys()].map((number) => ({
        scope: { kind: 'users', number },
        key: { group: `model\0${tenant}\0${model}`, field: '' },
      })),
    merge: (states) => ({ plays: states.reduce((sum, { plays }) => sum + plays, 0), at: NOW }),
    features: [
      { name: 'plays', about: 'p', unit: 'events', formula: 'p', read: ({ plays, at }) => ({ value: plays, at }) },
    ],
  };
  const store = await storeOf([]);
  for (const number of [1, 3]) {
    const changes = [{ group: 'model\0default\0knn', field: '', bytes: Uint8Array.of(number) }];
    await store.save({ scope: { kind: 'users', number }, expected: [0], next: [1], changes });
  }
  const request = { tenant: 'default', features: ['everywhere:plays'], rows: [{ model: 'knn' }, { model: 'other' }] };
  const { rows } = await lookupFeatures(store, PARTITIONS, request, NOW, registryOf([...VIEWS, plays]));
  expect(rows).toEqual([[{ status: 'present', value: 4, at: NOW }], [{ status: 'not_found' }]]);
});

test("a user's values for the feed", async () => {
  const store = await storeOf(events);
  const { values, at } = await userValues(store, PARTITIONS, 'default', 'user-1', NOW);
  expect(at).toBe(NOW);
  expect(values).toMatchObject({
    'user:plays_total': 2,
    'user:click_rate_7d': null,
    'session:position': 1,
    'taste:artists': [['Nina', expect.closeTo(1, 2)]],
  });
  expect(await userValues(store, PARTITIONS, 'default', 'nobody', NOW)).toEqual({ values: {}, at: NOW });
});
