import { expect, it } from 'vitest';
import {
  initialState,
  shown,
  withGap,
  withItems,
  withoutFigures,
  withPause,
  withStats,
} from '../../../../../client/pages/dashboard/state/state.ts';
import { history, stats } from '../figures.ts';

it('takes the history of the first figures, and that second once', () => {
  const first = { ...stats({ at: 3_000 }), history: history([1_000, 2_000, 3_000]) };
  const state = withStats(withStats(initialState(0), first, 10), stats({ at: 4_000 }), 1_010);
  expect(state.picture.seconds.map(({ at }) => at)).toEqual([1_000, 2_000, 3_000, 4_000]);
  expect(state.picture.stats).not.toHaveProperty('history');
  expect(state.facts.figuresAt).toBe(1_010);
});

it('takes figures whose history ends before them', () => {
  const state = withStats(initialState(0), { ...stats({ at: 3_000 }), history: history([1_000, 2_000]) }, 10);
  expect(state.picture.seconds.map(({ at }) => at)).toEqual([1_000, 2_000, 3_000]);
});

it('stands still while paused, and has all of the history afterwards', () => {
  const before = withStats(initialState(0), stats({ at: 1_000 }), 0);
  let state = withPause(before, true);
  state = withStats(withItems(state, 'tail', [{ received_at: 1 }]), stats({ at: 2_000 }), 0);
  expect(shown(state)).toBe(before.picture);
  state = withPause(state, false);
  expect(shown(state).seconds).toHaveLength(2);
  expect(shown(state).tail.seen).toBe(1);
});

it('begins the history anew for other figures, also while paused', () => {
  const state = withoutFigures(withPause(withStats(initialState(0), stats(), 0), true));
  for (const picture of [state.picture, shown(state)]) expect(picture).toMatchObject({ stats: null, seconds: [] });
});

it('words gaps of feeds and of its own', () => {
  let state = withGap(initialState(0), 'letters', { reason: 'skipped', skipped: 2 });
  state = withGap(state, 'tail', { text: 'jumped' });
  expect(state.picture.letters.rows[0]).toMatchObject({ kind: 'gap', text: expect.stringContaining('2 items') });
  expect(state.picture.tail.rows[0]).toMatchObject({ kind: 'gap', text: 'jumped' });
});
