import { expect, it } from 'vitest';
import { cpuSeconds, residentBytes } from '../../../loadtest/harness/proc.ts';

const linux = process.platform === 'linux';

it.runIf(linux)('tells what this process has used', () => {
  const before = cpuSeconds(process.pid);
  for (const end = performance.now() + 60; performance.now() < end; );
  const after = cpuSeconds(process.pid);
  expect(after.main).toBeGreaterThan(before.main);
  expect(after.total).toBeGreaterThanOrEqual(after.main);
  expect(after.others.length).toBeGreaterThan(0);
  const own = residentBytes(process.pid);
  expect(own).toBeGreaterThan(10 * 1024 * 1024);
  expect(own).toBeLessThan(process.memoryUsage.rss());
});
