import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Bounds } from '../../../loadtest/run/bounds.ts';
import { Timeline } from '../../../loadtest/run/timeline.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('ends what takes too long, and leaves behind what does not end', async () => {
  const bounds = new Bounds({ mostMs: 10_000, mostEvents: 10 }, () => new Timeline(), 5_000);
  const work = bounds.within(new Promise(() => undefined)).catch((error: Error) => error.message);
  vi.advanceTimersByTime(10_000);
  expect(bounds.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1_000);
  expect(bounds.signal.aborted).toBe(true);
  expect(bounds.reason).toContain('longer than 10 s');
  vi.advanceTimersByTime(5_000);
  expect(await work).toContain('did not end by itself');
  bounds.release();
});

it('ends what sends too much', () => {
  const timeline = new Timeline();
  const bounds = new Bounds({ mostMs: 10_000, mostEvents: 10 }, () => timeline);
  timeline.add({ at: 1, acknowledged: 11 });
  vi.advanceTimersByTime(1_000);
  expect(bounds.reason).toContain('after 10 events');
  bounds.release();
});

it('lets work pass that ends in time', async () => {
  const bounds = new Bounds({ mostMs: 10_000, mostEvents: 10 }, () => new Timeline());
  expect(await bounds.within(Promise.resolve(7))).toBe(7);
  bounds.release();
});
