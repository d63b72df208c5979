import { expect, it } from 'vitest';
import {
  addGap,
  addItems,
  behindMs,
  cleared,
  EMPTY_TAIL,
  wordGap,
  wordJump,
} from '../../../../../client/pages/dashboard/state/tail.ts';

const item = (received_at: number) => ({ received_at });
const items = (from: number, many: number) => Array.from({ length: many }, (_, i) => item(from + i));

it('has the newest first, by the time of receiving within what came together', () => {
  const tail = addItems(addItems(EMPTY_TAIL, [item(1), item(3), item(2)]), [item(4)]);
  expect(tail.rows.map((row) => row.kind === 'item' && row.item.received_at)).toEqual([4, 3, 2, 1]);
  expect(tail.seen).toBe(4);
});

it('keeps a hundred rows and counts all, with ids that never come again', () => {
  let tail = addItems(EMPTY_TAIL, items(0, 80));
  tail = addItems(tail, items(80, 250));
  expect([tail.rows.length, tail.seen]).toEqual([100, 330]);
  const ids = tail.rows.map(({ id }) => id);
  tail = addItems(cleared(tail), items(0, 5));
  expect(tail.seen).toBe(5);
  expect(tail.rows.some(({ id }) => ids.includes(id))).toBe(false);
});

it('says where items are missing', () => {
  const tail = addItems(addGap(addItems(EMPTY_TAIL, [item(1)]), 'gone'), [item(2)]);
  expect(tail.rows.map((row) => (row.kind === 'gap' ? row.text : 'item'))).toEqual(['item', 'gone', 'item']);
  expect(wordGap({ reason: 'skipped', skipped: 1 })).toMatch(/^1 item left out/);
  expect(wordGap({ reason: 'skipped', skipped: null })).toMatch(/^Items left out/);
  expect(wordGap({ reason: 'not_recovered', skipped: null })).toMatch(/oldest that the log retains/);
  expect(wordJump(7_000)).toMatch(/by 7.s/);
});

it('knows how far it is behind the server', () => {
  expect(behindMs([item(1_000), item(2_000), item(1_500)], 9_000)).toBe(7_000);
  expect(behindMs([{}], 9_000)).toBe(0);
  expect(behindMs([item(9_500)], 9_000)).toBe(0);
  expect(behindMs([], 9_000)).toBe(0);
  expect(behindMs([item(1)], undefined)).toBe(0);
});
