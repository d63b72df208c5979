import { describe, expect, test } from 'vitest';
import { acquired, isHeld, isLasting, NEW_PARTITION } from '../../../server/consumer/lease.ts';

const NOW = 1_800_000_000_000;
const TTL = 10_000;

describe('a lease', () => {
  const first = acquired(NEW_PARTITION, 'a', TTL, NOW)!;

  test('lasts from when it was renewed on', () => {
    expect(isLasting(first, NOW)).toBe(true);
    expect(isLasting(first, NOW + TTL - 1)).toBe(true);
    expect(isLasting(first, NOW + TTL)).toBe(false);
  });

  test('a clock that was set back a little changes nothing, one that was set back by more than it lasts ends it', () => {
    expect(isLasting(first, NOW - TTL + 1)).toBe(true);
    expect(isLasting(first, NOW - 3_600_000)).toBe(false);
    expect(acquired(first, 'b', TTL, NOW - 3_600_000)).toMatchObject({ owner: 'b', fence: first.fence + 1 });
  });

  test('the fence rises with each change of owner, also within a millisecond and when the clock goes back', () => {
    const second = acquired({ ...first, owner: '' }, 'b', TTL, NOW)!;
    const third = acquired({ ...second, owner: '' }, 'a', TTL, NOW - 5)!;
    expect([second.fence, third.fence]).toEqual([first.fence + 1, first.fence + 2]);
    expect(isHeld(third, { partition: 0, owner: 'a', fence: first.fence })).toBe(false);
  });

  test('taking one keeps the position', () => {
    const moved = { ...first, position: 7, at: NOW, owner: '' };
    expect(acquired(moved, 'b', TTL, NOW)).toMatchObject({ owner: 'b', position: 7, at: NOW });
  });
});
