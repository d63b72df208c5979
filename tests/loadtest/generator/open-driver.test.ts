/** Latency counts from the intended time, also of what could not be sent. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LoadConnection } from '../../../loadtest/generator/connection.ts';
import { OpenDriver } from '../../../loadtest/generator/open-driver.ts';
import type { LoadPlan } from '../../../loadtest/generator/plan.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Takes everything while `open`, and acknowledges when told to. */
class FakeConnection implements LoadConnection {
  readonly producer = 'load-0';
  readonly frames = 0;
  readonly bytes = 0;
  readonly grown = true;
  sent = 0;
  acknowledged = 0;
  credit = true;
  async open(): Promise<void> {}
  send(events: number): number {
    if (!this.credit) return 0;
    this.sent += events;
    return events;
  }
  close(): void {}
}

function drive(): { driver: OpenDriver; connection: FakeConnection } {
  const connection = new FakeConnection();
  const loop = { kind: 'open', eventsPerSecond: 1000, seed: 1 } as const;
  const driver = new OpenDriver({ eventsPerFrame: 50 } as LoadPlan, loop, [connection]);
  driver.start();
  driver.measure();
  return { driver, connection };
}

it('counts the time that an event waits for its answer, whenever that comes', () => {
  const { driver, connection } = drive();
  vi.advanceTimersByTime(100);
  driver.stop();
  vi.advanceTimersByTime(400);
  connection.acknowledged = connection.sent;
  driver.progress(connection, 0);
  const { count, p50, max } = driver.latency.measured.summary();
  expect(count).toBe(driver.offered);
  expect(p50).toBeGreaterThan(400);
  expect(max).toBeLessThan(501);
});

it('counts the time that an event waited for credit, and what was given up at the end', () => {
  const { driver, connection } = drive();
  connection.credit = false;
  vi.advanceTimersByTime(500);
  driver.stop();
  expect(driver.unsent).toBe(driver.offered);
  expect(driver.unsent).toBeGreaterThan(400);
  const { count, max } = driver.latency.measured.summary();
  expect(count).toBe(driver.unsent);
  expect(max).toBeGreaterThan(450);
});
