import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CreditBudget } from '../../../protocol/credit/budget.ts';
import { Latency } from '../../../server/ingest/latency.ts';
import { PressureMonitor, type PressureMonitorParts } from '../../../server/session/pressure-monitor.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('one slow append does not keep out large requests for ever, when nothing else is appended because of it', () => {
  const budget = new CreditBudget({ capacity: 64 * 1024 * 1024, socketBytes: 16_384, largestEvent: 8_256 });
  const storageLatency = new Latency();
  const monitor = new PressureMonitor({
    ingest: { storageLatency, oldestAppend: () => 0, waitingBytes: 0 },
    sessions: { adapt: (level: number) => budget.adapt(level), grantedBytes: () => 0 },
    metrics: { pressure: () => {} },
    ...{ budget, residentLimit: 0, lag: () => 0, lagLimit: 0, storageCeiling: 1 },
  } as unknown as PressureMonitorParts);
  storageLatency.observe(3);
  vi.advanceTimersByTime(200);
  expect([monitor.latest.level, budget.hold(100_000)]).toEqual([1, false]);
  vi.advanceTimersByTime(5_000);
  expect(monitor.latest.parts.storage).toBeLessThan(0.1);
  expect(budget.hold(100_000)).toBe(true);
  monitor.close();
});
