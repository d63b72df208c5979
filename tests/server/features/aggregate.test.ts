import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FormatError } from '../../../format/bytes.ts';
import type { StoredEvent } from '../../../format/model.ts';
import { type Aggregate, DEVICES_MAX } from '../../../server/features/aggregate.ts';
import { aggregateCodec } from '../../../server/features/aggregate-codec.ts';
import { ENTITY_FEATURES, PAIR_FEATURES } from '../../../server/features/aggregate-features.ts';
import { userGroup } from '../../../server/features/groups.ts';
import { artistField } from '../../../server/features/names.ts';
import { FIELDS } from '../../../server/features/states.ts';
import { eventsAt, hostileTimes, interaction, NOW, stored, times } from './arbitrary-events.ts';
import { type Folded, foldAll, nameOf } from './folded.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const OF_USER = nameOf({ group: userGroup('default', 'user-1'), field: FIELDS.features });

function aggregateOf(events: readonly StoredEvent[], name = OF_USER): Aggregate {
  return foldAll(events).get(name)!.state as Aggregate;
}

/** All values as of a time, by name. */
function values(aggregate: Aggregate, at: number, features = ENTITY_FEATURES): Record<string, unknown> {
  return Object.fromEntries(features.map((feature) => [feature.name, feature.read(aggregate, at).value]));
}

function aggregatesIn(records: Map<string, Folded>): [string, Aggregate][] {
  return [...records]
    .filter(([, { codec }]) => codec === aggregateCodec)
    .map(([name, { state }]) => [name, state as Aggregate]);
}

/** Decayed sums may differ by rounding, everything else may not. */
function expectSame(a: Record<string, unknown>, b: Record<string, unknown>): void {
  const differing = Object.keys(a).filter((name) => {
    const [value, other] = [a[name], b[name]];
    if (typeof value !== 'number' || !/_decayed_|_rate_|affinity_/.test(name)) return !isDeepStrictEqual(value, other);
    return !(Math.abs(value - (other as number)) <= 1e-6 * Math.max(1, Math.abs(value)));
  });
  expect(differing).toEqual([]);
}

test('in any order the values are the same', () => {
  const orders = eventsAt(times).chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  );
  fc.assert(
    fc.property(orders, fc.integer({ min: -10 * DAY, max: 40 * DAY }), ([inOrder, mixed], after) => {
      const others = foldAll(mixed);
      const records = aggregatesIn(foldAll(inOrder));
      expect(records.length).toBe(aggregatesIn(others).length);
      for (const [name, aggregate] of records) {
        const other = others.get(name)!.state as Aggregate;
        expectSame(values(aggregate, NOW + after), values(other, NOW + after));
        expectSame(values(aggregate, NOW + after, PAIR_FEATURES), values(other, NOW + after, PAIR_FEATURES));
      }
    }),
  );
});

test('totals and decayed sums are those of the formula', () => {
  const kinds = fc.constantFrom('play', 'skip', 'complete', 'like');
  const plays = fc.array(fc.record({ at: times, action: kinds }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(plays, fc.nat(10 * DAY), (list, after) => {
      const edge = Math.max(...list.map(({ at }) => at)) + after;
      const read = values(aggregateOf(list.map(({ at, action }) => interaction(action, {}, at))), edge);
      for (const [action, metric] of [
        ['play', 'plays'],
        ['skip', 'skips'],
        ['complete', 'completions'],
      ] as const) {
        const ages = list.filter((event) => event.action === action).map(({ at }) => edge - at);
        expect(read[`${metric}_total`]).toBe(ages.length);
        for (const [name, halfLife] of [
          ['1h', HOUR],
          ['1d', DAY],
          ['7d', 7 * DAY],
          ['30d', 30 * DAY],
        ] as const) {
          const formula = ages.reduce((sum, age) => sum + 2 ** (-age / halfLife), 0);
          const value = read[`${metric}_decayed_${name}`] as number;
          expect(Math.abs(value - formula)).toBeLessThanOrEqual(1e-6 * formula);
        }
      }
    }),
  );
});

test('an example, read a day later', () => {
  const aggregate = aggregateOf([
    interaction('play', { device: 'web' }),
    interaction('skip', { position_ms: 10_000 }),
    interaction('play', { device: 'car' }),
    interaction('complete', { duration_ms: 100_000 }, NOW + 1000),
    stored('explicit_rating', { track_id: 't-1', rating: 5 }),
    interaction('pause', {}, NOW - HOUR),
  ]);
  const hours = new Array(24).fill(0);
  hours[new Date(NOW).getUTCHours()] = 2;
  expect(values(aggregate, NOW + 1000 + DAY)).toMatchObject({
    plays_total: 2,
    plays_last_5m: 0,
    plays_last_24h: 2,
    seconds_total: 110,
    likes_total: 1,
    rating_mean: 5,
    completions_decayed_1d: 0.5,
    completion_rate_1d: expect.closeTo((0.5 + 2) / (1 + 4), 4),
    skip_rate_1d: expect.closeTo((0.5 + 1.4) / (1 + 4), 4),
    click_rate_1d: null,
    hours,
    devices: { web: 1, car: 1 },
    events_total: 6,
    first_at: NOW - HOUR,
    last_at: NOW + 1000,
    recency: 86_400,
  });
});

test('affinity of a user to an artist', () => {
  const track = { artist: 'Nina' };
  const name = nameOf({ group: userGroup('default', 'user-1'), field: artistField('Nina') });
  const shown = stored('recommendation_shown', { track_id: 't-1', track });
  const liked = [interaction('complete', { track }), interaction('like', { track }), shown];
  expect(values(aggregateOf(liked, name), NOW, PAIR_FEATURES)).toMatchObject({ affinity_7d: 3, events_total: 2 });
  const left = [interaction('skip', { track }), interaction('dislike', { track })];
  expect(values(aggregateOf(left, name), NOW, PAIR_FEATURES)).toMatchObject({ affinity_7d: -3.5 });
  expect(foldAll([shown]).has(name)).toBe(false);
});

test('more kinds of devices than there are count as others', () => {
  const plays = [...Array(40).keys()].map((i) => interaction('play', { device: `device ${i}` }));
  const { devices } = aggregateOf(plays);
  expect(devices.size).toBe(DEVICES_MAX);
  expect(devices.get('other')).toBe(40 - DEVICES_MAX + 1);
});

test('what comes after an edge is not passed off as known before it', () => {
  const aggregate = aggregateOf([interaction('play', {}, NOW - HOUR), interaction('play')]);
  expect(values(aggregate, NOW - 299_000)).toMatchObject({ plays_total: 2, plays_decayed_1h: expect.any(Number) });
  expect(values(aggregate, NOW - 301_000)).toMatchObject({
    plays_total: null,
    plays_decayed_1h: null,
    hours: null,
    recency: null,
    skips_total: 0,
    plays_last_1h: 1,
  });
  expect(values(aggregate, NOW - 3 * HOUR)).toMatchObject({ plays_last_5m: null, plays_last_1h: null });
});

test('a record comes back as it was saved', () => {
  fc.assert(
    fc.property(eventsAt(hostileTimes), (events) => {
      for (const { codec, state } of foldAll(events).values()) expect(codec.decode(codec.encode(state))).toEqual(state);
    }),
  );
});

test('what was cut, lengthened or is of another version does not decode', () => {
  fc.assert(
    fc.property(eventsAt(times, 10), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (events, part) => {
      for (const { codec, state } of foldAll(events).values()) {
        const bytes = codec.encode(state);
        expect(() => codec.decode(bytes.subarray(0, Math.floor(bytes.length * part)))).toThrow(FormatError);
        expect(() => codec.decode(Uint8Array.of(...bytes, 0))).toThrow(FormatError);
        expect(() => codec.decode(Uint8Array.of(9, ...bytes.subarray(1)))).toThrow(FormatError);
      }
    }),
  );
});

test('any bytes decode or throw a FormatError', () => {
  const bytes = fc.uint8Array({ maxLength: 300 }).map((rest) => Uint8Array.of(1 + (rest.length % 2), ...rest));
  const codecs = [...foldAll([interaction('like', { track: { artist: 'a' } })]).values()].map(({ codec }) => codec);
  fc.assert(
    fc.property(bytes, fc.constantFrom(...codecs), (input, codec) => {
      try {
        codec.decode(input);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }),
  );
});

test('no event time leads to anything but finite numbers', () => {
  fc.assert(
    fc.property(eventsAt(hostileTimes), hostileTimes, (events, edge) => {
      for (const [, aggregate] of aggregatesIn(foldAll(events))) {
        const numbers = Object.values(values(aggregate, edge)).filter((value) => typeof value === 'number');
        expect(numbers.filter((number) => !Number.isFinite(number))).toEqual([]);
      }
    }),
  );
});

test('a replay of history reads the same values at the same times, through storage', () => {
  const arriving = fc.array(fc.tuple(eventsAt(times, 6), fc.nat(DAY)), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(arriving, (batches) => {
      const live = new Map<string, Folded>();
      let stored = new Map<string, Folded>();
      let now = NOW;
      for (const [events, later] of batches) {
        now += later;
        foldAll(events, live);
        stored = foldAll(events, new Map([...stored].map(([name, record]) => [name, reopened(record)])));
        for (const [name, aggregate] of aggregatesIn(live)) {
          expect(values(stored.get(name)!.state as Aggregate, now)).toEqual(values(aggregate, now));
        }
      }
    }),
    { numRuns: 50 },
  );
});

function reopened({ key, codec, state }: Folded): Folded {
  return { key, codec, state: codec.decode(codec.encode(state)) };
}
