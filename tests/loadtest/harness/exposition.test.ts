import { expect, it } from 'vitest';
import { Samples } from '../../../loadtest/harness/exposition.ts';
import { createMetrics } from '../../../server/ops/metrics.ts';

it('reads what the server’s metrics say', async () => {
  const metrics = createMetrics();
  metrics.received(5, 400);
  metrics.storageLost(3);
  const samples = new Samples(await metrics.text());
  metrics.close();
  expect(samples.get('gapless_storage_lost_total')).toBe(3);
  expect(samples.get('gapless_events_received_total', 'transport', 'socket')).toBe(5);
  expect(samples.get('gapless_no_such_metric')).toBe(0);
  expect(samples.family('gapless_events_received_total')).toEqual({ socket: 5, http: 0, internal: 0 });
});
