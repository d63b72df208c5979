import { expect, it, vi } from 'vitest';
import { LogKeeper } from '../../../server/log/keeper.ts';
import { openMemoryLog } from '../../../server/log/memory/log.ts';
import { silentLogger } from '../../../server/ops/logger.ts';
import { createMetrics } from '../../../server/ops/metrics.ts';
import { makeBatch } from '../../contract/log-fixtures.ts';

const KEEP_ALL = { retentionAgeMs: 0, retentionBytes: 0, retentionIntervalMs: 30_000 };

async function filledLog() {
  const log = openMemoryLog({ partitions: 1, rememberProducersMs: 1e9, dedupMs: 0 });
  for (let i = 0; i < 5; i++) {
    await log.append(makeBatch(0, [{ producer: 'p', first: i * 10 + 1, count: 10 }], { created: 1_000 * i }));
  }
  return log;
}

it('lets go of what retention allows, and tells the size of the rest', async () => {
  const log = await filledLog();
  const metrics = createMetrics();
  vi.useFakeTimers({ now: 10_000, toFake: ['Date'] });
  const keeper = new LogKeeper(log, { ...KEEP_ALL, retentionAgeMs: 8_000 }, metrics, silentLogger());
  await keeper.close();
  vi.useRealTimers();
  const text = await metrics.text();
  expect(text).toMatch(/^gapless_log_trimmed_events_total 20$/m);
  expect(text).toMatch(/^gapless_log_events 30$/m);
  expect(text).toMatch(/^gapless_log_producers 1$/m);
});

it('leaves what a consumer still needs', async () => {
  const log = await filledLog();
  const settings = { ...KEEP_ALL, retentionBytes: 1 };
  const keeper = new LogKeeper(log, settings, createMetrics(), silentLogger(), async () => [26]);
  await keeper.close();
  expect((await log.state()).events).toMatchObject([{ first: 21, last: 50 }]);
});

it('finds a damaged entry without anybody reading it', async () => {
  const log = await filledLog();
  const bytes = log.partitions[0]!.streams.events.entries[2]!.bytes;
  bytes[bytes.length - 1]! ^= 1;
  const metrics = createMetrics();
  const keeper = new LogKeeper(log, KEEP_ALL, metrics, silentLogger());
  await keeper.close();
  expect(await metrics.text()).toMatch(/^gapless_log_damaged_entries_total 1$/m);
});
