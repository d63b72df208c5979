import { afterEach, beforeEach, expect, test } from 'vitest';
import { LocalBus } from '../../../server/bus/local.ts';
import { encodeMessage } from '../../../server/bus/message.ts';
import { TOPICS } from '../../../server/bus/messages.ts';
import { ClusterLag } from '../../../server/processor/cluster-lag.ts';

let bus: LocalBus;
let now = 0;
let cluster: ClusterLag;
beforeEach(() => {
  bus = new LocalBus();
  now = 0;
  cluster = new ClusterLag(bus, 'a', () => now);
});
afterEach(async () => {
  cluster.close();
  await bus.close();
});

async function publish(topic: string, message: object): Promise<void> {
  const heard = new Promise<void>((resolve) => void bus.subscribe(topic, () => resolve()));
  bus.publish(topic, encodeMessage(message));
  await heard;
}

const tell = (message: object) => publish(TOPICS.stats, message);
const append = (...positions: number[]) =>
  publish(TOPICS.appended, {
    events: [...positions.keys()],
    eventPositions: positions,
    deadLetters: [],
    deadLetterPositions: [],
  });
/** A processor of one partition that has come to `applied`, where the log reaches to `last`. */
const at = (applied: number, last: number, partition = 0) => ({
  partitions: [{ partition, applied, last, lag: last - applied, oldestMs: 0 }],
});

test('adds up what processors told lately, and forgets who is silent', async () => {
  await tell({ server: 'a', processor: at(0, 30) });
  await tell({ server: 'b', processor: at(100, 112, 1) });
  await tell({ server: 'gateway', processor: null });
  await tell({ server: 'c', processor: {} });
  await tell({ nonsense: true });
  expect(cluster.lag(null)).toBe(42);
  now = 4_000;
  await tell({ server: 'a', processor: at(25, 30) });
  expect(cluster.lag(null)).toBe(17);
  // What this server's own processor says is newer.
  expect(cluster.lag({ ...at(0, 100), at: 3_000 })).toBe(112);
  // Unless it has been silent for as long as others may be.
  expect(cluster.lag({ ...at(0, 100), at: -1_001 })).toBe(12);
  now = 6_000;
  expect(cluster.lag(null)).toBe(5);
});

test('counts what was appended since a processor told how far it is', async () => {
  await tell({ server: 'b', processor: at(100, 110, 1) });
  await append(50, 140);
  expect(cluster.lag(null)).toBe(40);
  expect(cluster.lag({ ...at(45, 48), at: 0 })).toBe(45);
  // It has come further, and knows of more than was heard.
  await tell({ server: 'b', processor: at(140, 150, 1) });
  expect(cluster.lag(null)).toBe(10);
});

test('a log that was made anew does not leave anybody behind for ever', async () => {
  await append(1_000_000);
  await tell({ server: 'a', processor: at(0, 3) });
  await append(4);
  expect(cluster.lag(null)).toBe(4);
});
