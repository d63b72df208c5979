import { expect, test } from 'vitest';
import type { StoredEvent } from '../../../format/model.ts';
import { activityOf } from '../../../server/features/activity.ts';
import { foldSession, newSession, SESSION_ITEMS_MAX, sessionCodec } from '../../../server/features/session.ts';
import type { Listening, SessionState } from '../../../server/features/states.ts';
import { interaction, NOW, stored } from './arbitrary-events.ts';

function stateOf(...events: StoredEvent[]): SessionState {
  const state = newSession();
  for (const event of events) foldSession(state, activityOf(event)!);
  expect(sessionCodec.decode(sessionCodec.encode(state))).toEqual(state);
  return state;
}

function sessionOf(...events: StoredEvent[]): Listening {
  return stateOf(...events).underWay;
}

/** `after` s of the first event of the test. */
function does(action: string, track: string, after: number, fields: Record<string, unknown> = {}): StoredEvent {
  return interaction(action, { track_id: track, ...fields }, NOW + after * 1000);
}

/** Tracks with their weights. */
function heard({ items }: Listening): [track: string, weight: number][] {
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
  const asUsual = { rated: false, paused: false };
  expect(state).toEqual({
    id: 's-1',
    startedAt: NOW,
    lastAt: NOW + 301_000,
    position: 4,
    skipsInARow: 0,
    items: [
      { track: 'a', at: NOW, weight: 0, ...asUsual },
      { track: 'b', at: NOW + 6000, weight: 1, ...asUsual },
      { track: 'c', at: NOW + 91_000, weight: 1, ...asUsual },
      { track: 'd', at: NOW + 301_000, weight: 0.5, ...asUsual },
    ],
  });
});

test('skips in a row, until something is heard; a pause is no skip', () => {
  const skips = [does('skip', 'a', 1), does('pause', 'a', 2), does('skip', 'b', 3)];
  expect(sessionOf(...skips).skipsInARow).toBe(2);
  expect(sessionOf(...skips, does('skip', 'c', 4, { position_ms: 31_000 })).skipsInARow).toBe(0);
  expect(sessionOf(...skips, does('complete', 'c', 4), does('skip', 'd', 5)).skipsInARow).toBe(1);
});

test('a play after a pause goes on; after an end, or of another track, it is a new one', () => {
  const paused = [does('play', 'a', 0), does('pause', 'a', 20)];
  const on = sessionOf(...paused, does('play', 'a', 60), does('pause', 'a', 70), does('play', 'a', 80));
  expect(on).toMatchObject({ position: 1, items: [{ track: 'a', at: NOW, weight: 0.5 }] });
  const elsewhere = sessionOf(...paused, does('play', 'b', 60), does('play', 'a', 90));
  expect(elsewhere.items.map(({ track }) => track)).toEqual(['a', 'b', 'a']);
  // Repeat-one.
  expect(sessionOf(...paused, does('complete', 'a', 200), does('play', 'a', 200)).position).toBe(2);
  expect(sessionOf(does('play', 'a', 0), does('play', 'a', 200)).position).toBe(2);
  expect(sessionOf(...paused, does('skip', 'a', 50), does('play', 'a', 51)).position).toBe(2);
});

test('two devices at once: each session goes on where it was', () => {
  const phone = (action: string, track: string, after: number) => does(action, track, after);
  const car = (action: string, track: string, after: number) => does(action, track, after, { session_id: 'car' });
  const both = [phone('play', 'a', 0), car('play', 'x', 1), phone('skip', 'a', 2), car('skip', 'x', 3)];
  const { underWay, others } = stateOf(...both, phone('play', 'b', 4));
  expect(underWay).toMatchObject({ id: 's-1', startedAt: NOW, position: 2, skipsInARow: 1 });
  expect(heard(underWay)).toEqual([
    ['a', 0],
    ['b', 0.5],
  ]);
  expect(others).toMatchObject([{ id: 'car', items: [{ track: 'x', weight: 0 }] }]);
  // Late news of the other does not make it the one under way.
  const late = stateOf(...both, phone('play', 'b', 9), car('play', 'y', 5));
  expect(late.underWay.id).toBe('s-1');
  expect(late.others[0]!.items.map(({ track }) => track)).toEqual(['x', 'y']);
  // No more than two stay, and none for longer than half an hour.
  const third = stateOf(...['1', '2', '3', '4'].map((id, i) => does('play', 't', i, { session_id: id })));
  expect([third.underWay.id, third.others.map(({ id }) => id)]).toEqual(['4', ['3', '2']]);
  expect(stateOf(...both, does('play', 'z', 3_600, { session_id: 'next' })).others).toEqual([]);
});

test('what an earlier version wrote is read', () => {
  const bytes = Buffer.from(sessionCodec.encode(stateOf(does('play', 'a', 0))));
  const earlier = Buffer.concat([Buffer.of(1), bytes.subarray(1, -1)]);
  expect(sessionCodec.decode(earlier)).toEqual(stateOf(does('play', 'a', 0)));
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
  const { underWay, others } = stateOf(does('play', 'a', 0), next, ...late);
  expect(underWay).toEqual(state);
  // Of the session before it is noted, of one that was never seen it is not.
  expect(others).toMatchObject([{ id: 's-1', items: [{ track: 'a', weight: 0 }] }]);
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
