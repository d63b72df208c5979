import { expect, test } from 'vitest';
import type { StoredEvent } from '../../../format/model.ts';
import { activityOf } from '../../../server/features/activity.ts';
import type { TasteState } from '../../../server/features/states.ts';
import {
  concernsTaste,
  DISLIKED_MAX,
  foldTaste,
  newTaste,
  strongestFirst,
  TASTE_HALF_LIFE_MS,
  TASTE_MAX,
} from '../../../server/features/taste.ts';
import { interaction, NOW } from './arbitrary-events.ts';

function tasteOf(...events: StoredEvent[]): TasteState {
  const state = newTaste();
  for (const event of events) foldTaste(state, activityOf(event)!);
  return state;
}

function does(action: string, artist: string, at = NOW): StoredEvent {
  return interaction(action, { track_id: `track of ${artist}`, track: { artist, genre: 'jazz' } }, at);
}

test('what was heard and liked stands first, what was left and disliked last', () => {
  const { artists, genres } = tasteOf(
    does('skip', 'left'),
    does('complete', 'heard'),
    does('like', 'liked'),
    does('dislike', 'disliked'),
    does('play', 'begun'),
  );
  expect(strongestFirst(artists, NOW)).toEqual([
    ['liked', 2],
    ['heard', 1],
    ['left', -0.5],
    ['disliked', -3],
  ]);
  expect(strongestFirst(genres, NOW)).toEqual([['jazz', -0.5]]);
});

test('weights decay, late ones count what is left of them', () => {
  const late = does('complete', 'a', NOW - TASTE_HALF_LIFE_MS);
  const { artists } = tasteOf(does('like', 'a'), late);
  expect(strongestFirst(artists, NOW)).toEqual([['a', 2.5]]);
  expect(strongestFirst(artists, NOW + TASTE_HALF_LIFE_MS)).toEqual([['a', 1.25]]);
});

test('at most 64 names: the weak ones go, and newcomers have room to grow', () => {
  const favourites = [...Array(40).keys()].map((i) => does('like', `favourite ${i}`));
  const passing = [...Array(500).keys()].map((i) => does('complete', `passing ${i}`, NOW + i));
  const newcomer = [...Array(3).keys()].map((i) => does('complete', 'newcomer', NOW + 300 + i));
  const events = [...favourites, ...passing, ...newcomer].sort(
    (a, b) => (a.event_time as number) - (b.event_time as number),
  );
  const { artists } = tasteOf(...events);
  expect(artists.size).toBeLessThanOrEqual(TASTE_MAX);
  expect([...artists.keys()].filter((name) => name.startsWith('favourite'))).toHaveLength(40);
  expect(strongestFirst(artists, NOW + 500)[0]![0]).toBe('newcomer');
});

test('disliked tracks are remembered until they are liked', () => {
  const { disliked } = tasteOf(does('dislike', 'a'), does('dislike', 'b'), does('like', 'a'));
  expect([...disliked]).toEqual([['track of b', NOW]]);
  const many = [...Array(DISLIKED_MAX + 5).keys()].map((i) => does('dislike', `${i}`));
  expect([...tasteOf(...many).disliked.keys()][0]).toBe('track of 5');
});

test('what says nothing of a taste changes no record', () => {
  const concerned = (event: StoredEvent) => concernsTaste(activityOf(event)!);
  expect(concerned(does('play', 'a'))).toBe(false);
  expect(concerned(interaction('complete'))).toBe(false);
  expect(concerned(interaction('dislike'))).toBe(true);
  expect(concerned(does('skip', 'a'))).toBe(true);
});
