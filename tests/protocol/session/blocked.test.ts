import { expect, test } from 'vitest';
import { BLOCKED_INTERVAL_MS } from '../../../protocol/limits.ts';
import { Blocked } from '../../../protocol/session/blocked.ts';

test('adds up how long events waited', () => {
  const blocked = new Blocked();
  blocked.end(5);
  blocked.begin(10);
  blocked.begin(20);
  expect([blocked.is, blocked.ms(25)]).toEqual([true, 15]);
  blocked.published(30);
  blocked.begin(100);
  expect([blocked.ms(101), blocked.is]).toEqual([21, true]);
});

test('the server is told at once, again after a second, and sooner where a frame went out and nothing is under way', () => {
  const blocked = new Blocked();
  expect(blocked.dueAt(0)).toBe(Number.NEGATIVE_INFINITY);
  blocked.known(1_000);
  expect(blocked.dueAt(0)).toBe(1_000 + BLOCKED_INTERVAL_MS);
  blocked.published(1_010);
  expect([blocked.dueAt(3), blocked.dueAt(0)]).toEqual([1_000 + BLOCKED_INTERVAL_MS, 1_050]);
  blocked.connected();
  expect(blocked.dueAt(3)).toBe(Number.NEGATIVE_INFINITY);
});
