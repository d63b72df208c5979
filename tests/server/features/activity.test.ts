import { expect, test } from 'vitest';
import type { StoredEvent } from '../../../format/model.ts';
import { EVENT_TYPES } from '../../../protocol/events.ts';
import { activityOf } from '../../../server/features/activity.ts';
import { METRICS } from '../../../server/features/metrics.ts';
import { interaction, NOW, stored } from './arbitrary-events.ts';

/** In the metric's own unit. */
function amounts(event: StoredEvent): Record<string, number> {
  const added = activityOf(event)?.amounts ?? [];
  return Object.fromEntries(added.map(({ metric, parts }) => [METRICS[metric]!.name, parts / METRICS[metric]!.parts]));
}

test('what a listener does with a track', () => {
  expect(amounts(interaction('play'))).toEqual({ plays: 1 });
  expect(amounts(interaction('pause', { position_ms: 5000 }))).toEqual({});
  expect(amounts(interaction('seek', { position_ms: 5000 }))).toEqual({});
  expect(amounts(interaction('skip', { position_ms: 29_999 }))).toEqual({ skips: 1, seconds: 29.999 });
  expect(amounts(interaction('skip', { position_ms: 30_000 }))).toEqual({ listens: 1, seconds: 30 });
  expect(amounts(interaction('skip'))).toEqual({ skips: 1 });
  expect(amounts(interaction('complete', { duration_ms: 200_000 }))).toEqual({ completions: 1, seconds: 200 });
  expect(amounts(interaction('like'))).toEqual({ likes: 1 });
  expect(amounts(interaction('dislike'))).toEqual({ dislikes: 1 });
  const ended = { session_id: 's', track_id: 't', position_ms: 1500 };
  expect(amounts(stored('track_skipped', ended))).toEqual({ skips: 1, seconds: 1.5 });
  expect(amounts(stored('track_completed', ended))).toEqual({ completions: 1, seconds: 1.5 });
});

test('ratings, feedback and recommendations', () => {
  expect(amounts(stored('explicit_rating', { track_id: 't', rating: 4.5 }))).toEqual({
    likes: 1,
    ratings: 1,
    stars: 4.5,
  });
  expect(amounts(stored('explicit_rating', { track_id: 't', rating: 2 }))).toEqual({
    dislikes: 1,
    ratings: 1,
    stars: 2,
  });
  expect(amounts(stored('explicit_rating', { track_id: 't', rating: 3 }))).toEqual({ ratings: 1, stars: 3 });
  expect(amounts(stored('feedback_event', { rating: 5 }))).toEqual({ feedback: 1, ratings: 1, stars: 5 });
  expect(amounts(stored('feedback_event', { relevance_score: 0.5 }))).toEqual({ feedback: 1 });
  expect(amounts(stored('recommendation_shown', { track_id: 't' }))).toEqual({ impressions: 1 });
  expect(amounts(stored('recommendation_clicked', { track_id: 't' }))).toEqual({ clicks: 1 });
});

test('every type of the protocol says something, what the server made itself nothing', () => {
  for (const type of EVENT_TYPES) {
    const event = stored(type, { track_id: 't', session_id: 's', action: 'play', rating: 3 });
    expect(activityOf(event), type).not.toBeNull();
  }
  expect(activityOf(stored('recommendation_served', { tracks: [] }))).toBeNull();
  expect(activityOf(stored('a_type_of_tomorrow', { track_id: 't' }))).toBeNull();
});

test('whom it concerns', () => {
  const track = { artist: 'Nina', genre: 'jazz', duration_ms: 1000 };
  expect(activityOf(interaction('play', { track, device: 'tv' }))).toMatchObject({
    tenant: 'default',
    user: 'user-1',
    track: 't-1',
    artist: 'Nina',
    genre: 'jazz',
    device: 'tv',
    at: NOW,
  });
  expect(activityOf(stored('feedback_event', {}))).not.toHaveProperty('track');
});

test('made-up numbers stay within bounds', () => {
  expect(amounts(interaction('complete', { position_ms: Number.MAX_SAFE_INTEGER }))).toEqual({
    completions: 1,
    seconds: 86_400,
  });
  const at = (time: unknown) => activityOf(interaction('play', { event_time: time }))!.at;
  expect([at(-5), at(1.5), at(2 ** 60), at(undefined)]).toEqual([0, 1, Number.MAX_SAFE_INTEGER, NOW]);
});
