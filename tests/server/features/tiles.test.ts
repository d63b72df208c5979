import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addToTiles, countTiles, newTiles, ROWS, SLACK_MS, WINDOWS } from '../../../server/features/tiles.ts';
import { hostileTimes, NOW, times } from './arbitrary-events.ts';

function tilesOf(events: readonly number[]) {
  const tiles = newTiles();
  let latest = -1;
  for (const at of events) {
    addToTiles(tiles, latest, at, 1);
    latest = Math.max(latest, at);
  }
  return { tiles, latest };
}

/** The events in the tiles of a window, counted one by one. */
function counted(events: readonly number[], window: number, edge: number): number {
  const { windowMs, tileMs } = WINDOWS[window]!;
  const last = Math.floor(edge / tileMs);
  return events.filter((at) => {
    const tile = Math.floor(at / tileMs);
    return tile <= last && tile >= last - windowMs / tileMs;
  }).length;
}

const everyWindow = WINDOWS.map((_, window) => window);
const permuted = (time: fc.Arbitrary<number>) =>
  fc
    .array(time, { minLength: 1, maxLength: 60 })
    .chain((list) => fc.shuffledSubarray(list, { minLength: list.length }));

test('counts are exact in any order, at every edge from 5 minutes before the last event on', () => {
  fc.assert(
    fc.property(permuted(times), fc.integer({ min: -SLACK_MS, max: 9 * 86_400_000 }), (events, after) => {
      const { tiles, latest } = tilesOf(events);
      const edge = latest + after;
      for (const window of everyWindow)
        expect(countTiles(tiles, latest, window, edge)).toBe(counted(events, window, edge));
    }),
  );
});

test('an edge further back gives the exact count or none', () => {
  fc.assert(
    fc.property(permuted(times), times, (events, edge) => {
      const { tiles, latest } = tilesOf(events);
      for (const window of everyWindow) {
        expect([null, counted(events, window, edge)]).toContain(countTiles(tiles, latest, window, edge));
      }
    }),
  );
});

test('a window is covered, and at most one tile more', () => {
  for (const [window, { windowMs, tileMs }] of WINDOWS.entries()) {
    for (const age of [0, windowMs - 1, windowMs]) {
      const { tiles, latest } = tilesOf([NOW - age]);
      expect(countTiles(tiles, latest, window, NOW), `${age} ms`).toBe(1);
    }
    const { tiles, latest } = tilesOf([NOW - windowMs - tileMs]);
    expect(countTiles(tiles, latest, window, NOW)).toBe(0);
    expect(tileMs / windowMs).toBeLessThanOrEqual(0.05);
  }
});

test('a clock that is ahead hides nothing; its event counts from the tile on that the edge falls into', () => {
  const { tiles, latest } = tilesOf([NOW - 299_000, NOW - 1000, NOW + SLACK_MS]);
  expect(everyWindow.map((window) => countTiles(tiles, latest, window, NOW))).toEqual([2, 2, 3, 3]);
});

test('rows move on and keep no more than they reach back over', () => {
  const events = [...Array(5000).keys()].map((i) => NOW + i * 60_000);
  const { tiles, latest } = tilesOf(events);
  for (const window of everyWindow)
    expect(countTiles(tiles, latest, window, latest)).toBe(counted(events, window, latest));
  const most = ROWS.reduce((sum, { reach }) => sum + 1 + 2 * reach, 0);
  expect(tiles.length).toBeLessThanOrEqual(most);
});

test('no time breaks it', () => {
  const whole = hostileTimes.map((time) => Math.min(Math.max(0, Math.floor(time)), Number.MAX_SAFE_INTEGER));
  fc.assert(
    fc.property(permuted(whole), whole, (events, edge) => {
      const { tiles, latest } = tilesOf(events);
      for (const window of everyWindow) {
        expect([null, counted(events, window, edge)]).toContain(countTiles(tiles, latest, window, edge));
      }
    }),
  );
});
