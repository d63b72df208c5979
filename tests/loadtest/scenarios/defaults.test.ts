import { afterEach, expect, it, vi } from 'vitest';
import { eventsOf } from '../../../loadtest/scenarios/defaults.ts';

afterEach(() => vi.useRealTimers());

it('the same seed is the same events at any time of a run', () => {
  const before = eventsOf(1);
  vi.useFakeTimers({ now: Date.now() + 60_000 });
  expect(eventsOf(1)).toEqual(before);
});
