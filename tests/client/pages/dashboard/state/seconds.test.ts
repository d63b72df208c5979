import { expect, it } from 'vitest';
import { append, HISTORY_MS, secondOf, secondsOf } from '../../../../../client/pages/dashboard/state/seconds.ts';
import { history, stats } from '../figures.ts';

const second = (at: number, stored = 0) => ({ ...secondOf(stats({ at })), stored });
const times = (seconds: readonly { at: number }[]) => seconds.map(({ at }) => at);

it('adds up what is no interaction', () => {
  expect(secondOf(stats()).kinds).toEqual({ play: 200, skip: 40, other: 60 });
});

it('reads each second of a history', () => {
  const seconds = secondsOf(history([1_000, 2_000]));
  expect(times(seconds)).toEqual([1_000, 2_000]);
  expect(seconds[1]).toMatchObject({
    stored: 5,
    kinds: { play: 4, other: 1 },
    rejectedByCode: { too_old: 2 },
    lag: 30,
  });
});

it('keeps ten minutes', () => {
  let seconds = append([], [second(0)]);
  for (let at = 1_000; at <= HISTORY_MS + 5_000; at += 1_000) seconds = append(seconds, [second(at)]);
  expect(seconds).toHaveLength(HISTORY_MS / 1_000);
  expect(seconds[0]!.at).toBe(6_000);
});

it('puts a history that comes again over what it covers, and keeps what is older', () => {
  const before = [second(1_000, 1), second(2_000, 1), second(3_000, 1)];
  const seconds = append(before, [second(2_000, 2), second(3_000, 2), second(4_000, 2)]);
  expect(times(seconds)).toEqual([1_000, 2_000, 3_000, 4_000]);
  expect(seconds.map(({ stored }) => stored)).toEqual([1, 2, 2, 2]);
});

it('stays as it is where nothing comes', () => {
  const before = [second(1_000)];
  expect(append(before, [])).toBe(before);
});
