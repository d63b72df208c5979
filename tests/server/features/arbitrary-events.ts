/** Made-up events as the log holds them: all types, few users and tracks so that they meet, times of every kind. */
import fc from 'fast-check';
import type { StoredEvent } from '../../../format/model.ts';

export const NOW = 1_790_000_000_000;
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const YEAR = 365 * DAY;

/** `fields` over an event of `user-1`, at `NOW` unless `at` says otherwise. */
export function stored(type: string, fields: Record<string, unknown> = {}, at = NOW): StoredEvent {
  return {
    tenant: 'default',
    producer: 'player',
    epoch: 1,
    seq: 1,
    received_at: NOW,
    event_time: at,
    type,
    user_id: 'user-1',
    ...fields,
  };
}

export function interaction(action: string, fields: Record<string, unknown> = {}, at = NOW): StoredEvent {
  return stored('user_interaction', { action, session_id: 's-1', track_id: 't-1', ...fields }, at);
}

/** Recent, on the borders of tiles, old, years old, and what no clock shows. */
export const times = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: NOW - 2 * 60 * MINUTE, max: NOW }) },
  { weight: 3, arbitrary: fc.integer({ min: NOW - 9 * DAY, max: NOW + 5 * MINUTE }) },
  { weight: 1, arbitrary: fc.integer({ min: -1, max: 1 }).map((off) => Math.floor(NOW / 15_000) * 15_000 + off) },
  { weight: 1, arbitrary: fc.integer({ min: NOW - 6 * YEAR, max: NOW }) },
);
export const hostileTimes = fc.oneof(times, fc.constantFrom(0, 1, -1, -1e15, 0.5, Number.MAX_SAFE_INTEGER, 2 ** 60));

const track = fc
  .record({ track_id: fc.constantFrom('t-1', 't-2', 't-3'), genre: fc.constantFrom('jazz', 'x'.repeat(256)) })
  .map(({ track_id, genre }) => ({
    track_id,
    ...(track_id === 't-3' ? {} : { track: { artist: `artist of ${track_id}`, genre, duration_ms: 200_000 } }),
  }));
const position = fc.oneof(
  fc.integer({ min: 0, max: 300_000 }),
  fc.constant(Number.MAX_SAFE_INTEGER),
  fc.constant(undefined),
);
const action = fc.constantFrom('play', 'pause', 'skip', 'like', 'dislike', 'complete', 'seek');
const rating = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.double({ min: 1, max: 5, noNaN: true }));

const kinds = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .record({ track, action, position_ms: position, session_id: fc.constantFrom('s-1', 's-2', 's-3') })
      .map(({ track, ...rest }) => stored('user_interaction', { ...track, ...rest })),
  },
  fc
    .record({ track, position_ms: position, type: fc.constantFrom('track_skipped', 'track_completed') })
    .map(({ track, type, position_ms }) => stored(type, { ...track, position_ms, session_id: 's-1' })),
  fc.record({ track, rating }).map(({ track, rating }) => stored('explicit_rating', { ...track, rating })),
  fc
    .record({ track: fc.option(track, { nil: {} }), rating: fc.option(rating, { nil: undefined }) })
    .map(({ track, rating }) => stored('feedback_event', { ...track, rating, feedback_type: 'explicit' })),
  fc
    .record({ track, type: fc.constantFrom('recommendation_shown', 'recommendation_clicked') })
    .map(({ track, type }) => stored(type, { ...track, recommendation_id: 'r-1', position: 3 })),
  fc.constantFrom(
    stored('recommendation_served', { tracks: ['t-1'] }),
    stored('a_type_of_tomorrow', { track_id: 't-1' }),
  ),
);

export function eventsAt(time: fc.Arbitrary<number>, maxLength = 40): fc.Arbitrary<StoredEvent[]> {
  const event = fc
    .record({
      event: kinds,
      time,
      user_id: fc.constantFrom('user-1', 'user-2'),
      device: fc.constantFrom('mobile', 'web', undefined),
    })
    .map(({ event, time, user_id, device }): StoredEvent => ({ ...event, event_time: time, user_id, device }));
  return fc.array(event, { maxLength });
}
