import { expect, expectTypeOf, it } from 'vitest';
import { ACTIONS } from '../../../../../client/pages/dashboard/state/filter.ts';
import { KINDS } from '../../../../../client/pages/dashboard/state/seconds.ts';
import { isStats, type Stats } from '../../../../../client/pages/dashboard/state/stats.ts';
import { PART_NAMES } from '../../../../../client/pages/dashboard/state/tiles.ts';
import * as events from '../../../../../protocol/events.ts';
import type { StatsValue } from '../../../../../server/feeds/figures.ts';
import { PRESSURE_PARTS } from '../../../../../server/ops/metric-labels.ts';
import { stats } from '../figures.ts';

it('is what the server sends', () => {
  expectTypeOf<StatsValue>().toExtend<Stats>();
});

it('knows every action and every part of the pressure', () => {
  expect([...ACTIONS].sort()).toEqual([...events.ACTIONS].sort());
  expect([...KINDS].sort()).toEqual([...events.ACTIONS, 'other'].sort());
  expect(Object.keys(PART_NAMES)).toEqual([...PRESSURE_PARTS]);
});

it('takes figures, and nothing that only looks like them', () => {
  expect(isStats({ ...stats() })).toBe(true);
  expect(isStats({})).toBe(false);
  expect(isStats({ ...stats(), credit: null })).toBe(false);
  expect(isStats({ ...stats(), at: 'now' })).toBe(false);
});
