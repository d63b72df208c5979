/**
 * How fast the processor folds with the real projections, and how soon an appended event is saved; without a gateway, index or worker.
 * First it catches up with a log of listeners' events, then it follows appends at a chosen rate.
 *
 *   npx tsx loadtest/micro/processor.ts [--engine embedded|memory|redis] [--events 200000] [--users 10000] [--rate 5000] [--seconds 10]
 *                                       [--partitions 8] [--batch 50]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'hdr-histogram-js';
import { encodeEntry } from '../../format/entry.ts';
import { pack } from '../../format/msgpack.ts';
import { partitionOf } from '../../format/partition.ts';
import { encodeRecord } from '../../format/record.ts';
import { UnitWriter } from '../../format/unit.ts';
import { LocalBus } from '../../server/bus/local.ts';
import { encodeMessage } from '../../server/bus/message.ts';
import { TOPICS } from '../../server/bus/messages.ts';
import { openMemoryGroups } from '../../server/consumer/memory/groups.ts';
import { type EngineSettings, engineOf, openLogReader } from '../../server/engines.ts';
import { openMemoryFeatureStore } from '../../server/features/memory/store.ts';
import type { FeatureStore } from '../../server/features/port.ts';
import { openEmbeddedLog } from '../../server/log/embedded/log.ts';
import { openMemoryLog } from '../../server/log/memory/log.ts';
import type { EventLog } from '../../server/log/port.ts';
import { openRedisLog } from '../../server/log/redis/index.ts';
import { silentLogger } from '../../server/ops/logger.ts';
import { foldedEvents, PROJECTIONS } from '../../server/processor/folding.ts';
import { createProcessor, type ProcessorOptions } from '../../server/processor/processor.ts';
import { listeners, makeCatalogue, type SyntheticEvent } from '../listeners/index.ts';
import { startRedis } from '../redis-server.ts';

const number = (fallback: number) => ({ type: 'string', default: String(fallback) }) as const;
const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'embedded' },
    ...{ events: number(200_000), users: number(10_000), rate: number(5_000), seconds: number(10) },
    ...{ partitions: number(8), batch: number(50) },
  },
});
const [events, users, rate, seconds, partitions, batch] = [
  ...[values.events, values.users, values.rate],
  ...[values.seconds, values.partitions, values.batch],
].map(Number) as [number, number, number, number, number, number];

const dir = mkdtempSync(join(tmpdir(), 'gapless.load-'));
const redis = values.engine === 'redis' ? await startRedis({ appendonly: 'yes', appendfsync: 'everysec' }) : null;
const bus = new LocalBus();
const { log, ...engines } = await openAll();
const catalogue = makeCatalogue({ seed: 1, tracks: 20_000 });
const tracks = new Map(
  catalogue.tracks.map(({ id, artist, genre, duration_ms }) => [id, { artist, genre, duration_ms }]),
);
const source = listeners({ users, catalogue, sessionsPerDay: 50 });
const writer = new UnitWriter();
const entries: { bytes: Uint8Array; count: number }[] = [];
let appended = 0;

/** The next events that players send, as one append for each of their partitions. */
async function append(count: number): Promise<void> {
  const byPartition = new Map<number, SyntheticEvent[]>();
  for (let i = 0; i < count; i++) {
    const { value } = source.next();
    const partition = partitionOf('default', String((value.event as { user_id: string }).user_id), partitions);
    byPartition.set(partition, [...(byPartition.get(partition) ?? []), value]);
  }
  await Promise.all([...byPartition].map(([partition, events]) => appendTo(partition, events)));
  bus.publish(TOPICS.appended, encodeMessage({ events: [...byPartition.keys()], deadLetters: [] }));
}

async function appendTo(partition: number, events: readonly SyntheticEvent[]): Promise<void> {
  for (const [i, { event }] of events.entries()) {
    const { user_id, track_id } = event as { user_id: string; track_id?: string };
    const added = {
      event_time: Date.now(),
      device: 'web',
      ...(track_id !== undefined && { track: tracks.get(track_id) }),
    };
    writer.add({ seq: i + 1, subject: user_id, receivedAt: Date.now(), body: pack(event), added: pack(added) });
  }
  const { bytes, count } = writer.finish({ tenant: 'default', owner: '', producer: 'p', epoch: 1 });
  const producer = `default//p-${++appended}/1`;
  const record = encodeRecord({ watermark: 1, base: 1, settled: [], rejected: [] });
  const entry = { bytes: encodeEntry('events', Date.now(), count, [bytes]), count };
  entries.push(entry);
  await log.append({
    partition,
    units: [{ producer, prev: 0, first: 1, last: 1, record, ids: [] }],
    entry,
    dead: null,
  });
}

type Opened = Pick<ProcessorOptions, 'features' | 'groups'> & {
  log: EventLog;
  reader: ProcessorOptions['log'];
  close(): Promise<unknown>;
};

async function openAll(): Promise<Opened> {
  const options = { partitions, rememberProducersMs: 86_400_000, dedupMs: 0 };
  if (values.engine === 'memory') {
    const log = openMemoryLog(options);
    const groups = openMemoryGroups({ group: 'processor' });
    return { log, reader: log, features: openMemoryFeatureStore(), groups, close: () => log.close() };
  }
  const where = { redisPrefix: 'load', ...(redis && { redisUrl: redis.url }) };
  const settings: EngineSettings = { process: 'load', dataDir: dir, partitions, ...where };
  const log: EventLog = redis
    ? await openRedisLog({ url: redis.url, prefix: 'load', ...options })
    : await openEmbeddedLog({ ...options, dir, minFreeBytes: 1e9 });
  const reader = await openLogReader(settings, bus);
  const engine = await engineOf(settings);
  const features = await engine.openFeatureStore(settings);
  const groups = await engine.openGroups(settings, 'processor');
  const close = () => Promise.all([groups.close(), features.close(), reader.close(), log.close()]);
  return { log, reader, features, groups, close };
}

/** Tells of each save of users how far it came. */
function watched(store: FeatureStore, onSaved: (partition: number, position: number) => void): FeatureStore {
  const save: FeatureStore['save'] = async (commit) => {
    const result = await store.save(commit);
    if (result === 'saved' && commit.scope.kind === 'users') onSaved(commit.scope.number, commit.next[0]!);
    return result;
  };
  return new Proxy(store, {
    get: (_, name: keyof FeatureStore) => {
      const value = name === 'save' ? save : store[name];
      return typeof value === 'function' ? value.bind(store) : value;
    },
  });
}

const last = () => log.state().then(({ events }) => events.map(({ last }) => last));
async function done(): Promise<void> {
  const ends = await last();
  for (let number = 0; number < partitions; number++) {
    const shard = async () =>
      (await engines.features.applied({ kind: 'shard', number }, partitions)).every((a, p) => a >= ends[p]!);
    const user = async () => (await engines.features.applied({ kind: 'users', number }, 1))[0]! >= ends[number]!;
    while (!((await user()) && (await shard()))) await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

for (let left = events; left > 0; left -= 2_000) await append(Math.min(left, 2_000));
const entryBytes = entries.reduce((sum, { bytes }) => sum + bytes.length, 0);

/** Positions that wait to be saved, by partition, with when they were appended. */
const waiting: { position: number; at: number }[][] = Array.from({ length: partitions }, () => []);
const latency = build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 });
const features = watched(engines.features, (partition, position) => {
  const list = waiting[partition]!;
  while (list.length > 0 && list[0]!.position <= position)
    latency.recordValue(Math.max(1, Math.round((performance.now() - list.shift()!.at) * 1000)));
});
const processor = createProcessor({
  ...{ log: engines.reader, features, groups: engines.groups, bus, partitions, member: 'load', logger: silentLogger() },
  projections: PROJECTIONS,
  decode: foldedEvents,
  owner: { poison: async (event) => console.error(event), figures: () => {} },
});
let cpu = process.cpuUsage();
let started = performance.now();
processor.start();
await done();
let took = (performance.now() - started) / 1000;
const catchUp = process.cpuUsage(cpu);
console.log(
  `${values.engine}: caught up with ${events} events of ${Math.round(entryBytes / events)} B in ${took.toFixed(1)} s`,
);
console.log(
  `  ${Math.round(events / took)} events/s, ${((catchUp.user + catchUp.system) / events).toFixed(1)} us of CPU each`,
);

cpu = process.cpuUsage();
started = performance.now();
for (let sent = 0; performance.now() - started < seconds * 1000; ) {
  const due = Math.floor(((performance.now() - started) / 1000) * rate);
  if (due - sent < batch) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    continue;
  }
  await append(due - sent);
  const at = performance.now();
  for (const [partition, position] of (await last()).entries()) waiting[partition]!.push({ position, at });
  sent = due;
}
took = (performance.now() - started) / 1000;
await done();
const { user, system } = process.cpuUsage(cpu);
const at = (percentile: number) => (latency.getValueAtPercentile(percentile) / 1000).toFixed(1);
console.log(`following ${rate} events/s: appended until saved p50 ${at(50)} ms, p95 ${at(95)} ms, p99 ${at(99)} ms`);
console.log(`  busy ${Math.round((user + system) / took / 10_000)} % of a core, appends included`);

await processor.stop();
await engines.close();
await bus.close();
await redis?.stop();
rmSync(dir, { recursive: true });
