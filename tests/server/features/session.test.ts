import { expect, test } from 'vitest';
import type { StoredEvent } from '../../../format/model.ts';
import { activityOf } from '../../../server/features/activity.ts';
import { foldSession, newSession, SESSION_ITEMS_MAX } from '../../../server/features/session.ts';
import type { SessionState } from '../../../server/features/states.ts';
import { interaction, NOW, stored } from './arbitrary-events.ts';

function sessionOf(...events: StoredEvent[]): SessionState {
  const state = newSession();
  for (const event of events) foldSession(state, activityOf(event)!);
  return state;
}

/** `after` s of the first event of the test. */
function does(action: string, track: string, after: number, fields: Record<string, unknown> = {}): StoredEvent {
  return interaction(action, { track_id: track, ...fields }, NOW + after * 1000);
}

/** Tracks with their weights. */
function heard({ items }: SessionState): [track: string, weight: number][] {
  return items.map(({ track, weight }) => [track, weight]);
}

test('plays, and how each of them ended', () => {
  const state = sessionOf(
    does('play', 'a', 0),
    does('skip', 'a', 5, { position_ms: 5000 }),
    does('play', 'b', 6),
    does('pause', 'b', 20),
    does('skip', 'b', 90, { position_ms: 40_000 }),
    does('play', 'c', 91),
    does('complete', 'c', 300),
    does('play', 'd', 301),
  );
  expect(state).toEqual({
    id: 's-1',
    startedAt: NOW,
    lastAt: NOW + 301_000,
    position: 4,
    skipsInARow: 0,
    items: [
      { track: 'a', at: NOW, weight: 0 },
      { track: 'b', at: NOW + 6000, weight: 1 },
      { track: 'c', at: NOW + 91_000, weight: 1 },
      { track: 'd', at: NOW + 301_000, weight: 0.5 },
    ],
  });
});

test('skips in a row, until something is heard; a pause is no skip', () => {
  const skips = [does('skip', 'a', 1), does('pause', 'a', 2), does('skip', 'b', 3)];
  expect(sessionOf(...skips).skipsInARow).toBe(2);
  expect(sessionOf(...skips, does('skip', 'c', 4, { position_ms: 31_000 })).skipsInARow).toBe(0);
  expect(sessionOf(...skips, does('complete', 'c', 4), does('skip', 'd', 5)).skipsInARow).toBe(1);
});

test('a player that only tells how plays end', () => {
  const state = sessionOf(does('complete', 'a', 1), does('skip', 'b', 2));
  expect(heard(state)).toEqual([
    ['a', 1],
    ['b', 0],
  ]);
  expect(state.position).toBe(2);
});

test('what is said of a track outweighs how it was left', () => {
  const disliked = sessionOf(
    does('play', 'a', 0),
    does('dislike', 'a', 35),
    does('skip', 'a', 36, { position_ms: 36_000 }),
  );
  expect(heard(disliked)).toEqual([['a', 0]]);
  const liked = sessionOf(does('play', 'a', 0), does('like', 'a', 3), does('skip', 'a', 4, { position_ms: 4000 }));
  expect(heard(liked)).toEqual([['a', 1]]);
});

test('a dislike of what was not played keeps it away, a like does nothing', () => {
  const state = sessionOf(does('play', 'a', 0), does('dislike', 'b', 1), does('like', 'c', 2));
  expect(heard(state)).toEqual([
    ['a', 0.5],
    ['b', 0],
  ]);
  expect(state.position).toBe(1);
});

test('a rating belongs to the session under way', () => {
  const rated = stored('explicit_rating', { track_id: 'a', rating: 1 }, NOW + 2000);
  expect(heard(sessionOf(does('play', 'a', 0), rated))).toEqual([['a', 0]]);
  expect(sessionOf(does('play', 'a', 0), rated).id).toBe('s-1');
  const before = stored('explicit_rating', { track_id: 'a', rating: 1 }, NOW - 1000);
  expect(heard(sessionOf(does('play', 'a', 0), before))).toEqual([['a', 0.5]]);
  expect(sessionOf(rated).id).toBeNull();
});

test('another id begins a session, unless its event is older than the one under way', () => {
  const next = does('play', 'b', 10, { session_id: 's-2' });
  const state = sessionOf(does('play', 'a', 0), next);
  expect(state).toMatchObject({ id: 's-2', startedAt: NOW + 10_000, position: 1 });
  expect(heard(state)).toEqual([['b', 0.5]]);

  const late = [does('skip', 'a', 9), does('play', 'a', -3e8, { session_id: 's-0' })];
  expect(sessionOf(does('play', 'a', 0), next, ...late)).toEqual(state);
});

test('what comes late within a session finds its place', () => {
  const state = sessionOf(
    does('play', 'c', 20),
    does('skip', 'c', 21),
    does('play', 'a', 0),
    does('complete', 'b', 10),
  );
  expect(heard(state)).toEqual([
    ['a', 0.5],
    ['b', 1],
    ['c', 0],
  ]);
  expect(state).toMatchObject({ skipsInARow: 1, lastAt: NOW + 21_000, position: 3 });
});

test('the last 50 tracks stay, the position counts on', () => {
  const plays = [...Array(70).keys()].map((i) => does('play', `t-${i}`, i));
  const state = sessionOf(...plays);
  expect(state.position).toBe(70);
  expect(state.items).toHaveLength(SESSION_ITEMS_MAX);
  expect(state.items[0]!.track).toBe('t-20');
  expect(state.items.at(-1)!.track).toBe('t-69');
});
