import { expect, test } from 'vitest';
import { LocalBus } from '../../../server/bus/local.ts';
import { encodeMessage } from '../../../server/bus/message.ts';
import { TOPICS } from '../../../server/bus/messages.ts';
import { ClusterLag } from '../../../server/processor/cluster-lag.ts';

test('adds up what processors told lately, and forgets who is silent', async () => {
  const bus = new LocalBus();
  let now = 0;
  const cluster = new ClusterLag(bus, 'a', () => now);
  const tell = async (message: object) => {
    const heard = new Promise<void>((resolve) => void bus.subscribe(TOPICS.stats, () => resolve()));
    bus.publish(TOPICS.stats, encodeMessage(message));
    await heard;
  };
  await tell({ server: 'a', processor: { lag: 30 } });
  await tell({ server: 'b', processor: { lag: 12 } });
  await tell({ server: 'gateway', processor: null });
  await tell({ nonsense: true });
  expect(cluster.lag(null)).toBe(42);
  now = 4_000;
  await tell({ server: 'a', processor: { lag: 5 } });
  expect(cluster.lag(null)).toBe(17);
  // What this server's own processor says is newer.
  expect(cluster.lag({ lag: 100, at: 3_000 })).toBe(112);
  // Unless it has been silent for as long as others may be.
  expect(cluster.lag({ lag: 100, at: -1_001 })).toBe(12);
  now = 6_000;
  expect(cluster.lag(null)).toBe(5);
  cluster.close();
  await bus.close();
});
