/**
 * How fast the recommendation index comes back: `npx tsx loadtest/micro/index-rebuild.ts [events]` (default 1,000,000). Writes made-up
 * listening into an embedded log, then reads all of it, writes a snapshot, and starts from that; in one thread, as the index thread does.
 */
import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { encodeEntry } from '../../format/entry.ts';
import { pack } from '../../format/msgpack.ts';
import { partitionOf } from '../../format/partition.ts';
import { encodeRecord } from '../../format/record.ts';
import { UnitWriter } from '../../format/unit.ts';
import { LocalBus } from '../../server/bus/local.ts';
import { openEmbeddedLog } from '../../server/log/embedded/log.ts';
import { openEmbeddedReader } from '../../server/log/embedded/reader.ts';
import { silentLogger } from '../../server/ops/logger.ts';
import { openIndex } from '../../server/recommend/index/service.ts';
import { SNAPSHOT_FILE } from '../../server/recommend/index/snapshot-file.ts';
import { makeTemporaryFolder } from '../harness/temporary.ts';
import { listeners, makeCatalogue } from '../listeners/index.ts';

const EVENTS = Number(process.argv[2] ?? 1_000_000);
const PARTITIONS = 8;
/** As micro-batches have them under load. */
const EVENTS_PER_ENTRY = 100;
const MIB = 1024 * 1024;
const WEEK_MS = 7 * 86_400_000;

const folder = await makeTemporaryFolder('gapless-rebuild-');
const snapshots = path.join(folder, 'index');
const { bytes } = await write();
console.log(`${EVENTS.toLocaleString('en')} events in the log, ${Math.round(bytes / EVENTS)} bytes each`);

const bus = new LocalBus();
const log = await openEmbeddedReader(folder);
const rebuilt = await timed('read the whole log');
const { events, sessions, bytes: memory } = await rebuilt.service.figures();
const { ms, cpuMs } = rebuilt;
console.log(`  ${rate(EVENTS, ms)} events/s, ${rate(EVENTS, cpuMs)} for a second of CPU; ${events} were for models`);
console.log(
  `  ${sessions.toLocaleString('en')} sessions, ${(memory / MIB).toFixed(0)} MiB, ${Math.round(memory / sessions)} bytes a session`,
);

let at = performance.now();
await rebuilt.service.stop();
const size = statSync(path.join(snapshots, SNAPSHOT_FILE)).size;
console.log(`write a snapshot: ${(size / MIB).toFixed(0)} MiB in ${Math.round(performance.now() - at)} ms`);

at = performance.now();
const restored = await timed('start from the snapshot');
if ((await restored.service.figures()).events !== events) throw new Error('the snapshot holds something else');
await restored.service.stop();
await log.close();
await bus.close();
rmSync(folder, { recursive: true, force: true });

async function timed(what: string) {
  const start = performance.now();
  const before = process.cpuUsage();
  const service = await openIndex({ log, bus, logger: silentLogger(), snapshots });
  while ((await service.figures()).state === 'loading') await new Promise((resolve) => setTimeout(resolve, 5));
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  const cpuMs = (user + system) / 1000;
  console.log(`${what}: ${Math.round(ms)} ms, of which ${Math.round(cpuMs)} ms of CPU`);
  return { service, ms, cpuMs };
}

/** Listening of a week, in the order of its time. */
async function write(): Promise<{ bytes: number }> {
  const log = await openEmbeddedLog({
    ...{ dir: folder, partitions: PARTITIONS, rememberProducersMs: 3_600_000, dedupMs: 0, minFreeBytes: 0 },
    ...{ logger: silentLogger(), onStop: (error: unknown) => console.error(error) },
  });
  const catalogue = makeCatalogue({ seed: 1, tracks: 20_000 });
  const users = Math.max(100, Math.round(EVENTS / 300));
  const source = listeners({ users, catalogue, startMs: Date.now() - WEEK_MS });
  const open = Array.from({ length: PARTITIONS }, () => ({ writer: new UnitWriter(), count: 0, time: 0 }));
  let entries = 0;
  let bytes = 0;
  const flush = async (partition: number): Promise<void> => {
    const { writer, count, time } = open[partition]!;
    if (count === 0) return;
    open[partition]!.count = 0;
    const producer = `p${++entries}`;
    const unit = writer.finish({ tenant: 'default', owner: '', producer, epoch: 1 });
    const record = encodeRecord({ watermark: count, base: count, settled: [], rejected: [] });
    const entry = { bytes: encodeEntry('events', time, count, [Buffer.from(unit.bytes)]), count };
    bytes += entry.bytes.length;
    const one = { producer, prev: 0, first: 1, last: count, record, ids: [] };
    await log.append({ partition, units: [one], entry, dead: null });
  };
  for (let n = 0; n < EVENTS; n++) {
    const { event, atMs } = source.next().value;
    const partition = partitionOf('default', event.user_id, PARTITIONS);
    const to = open[partition]!;
    const added = { event_time: atMs, completion: 0.5, device: 'mobile', agent_family: 'Chrome', os_family: 'Android' };
    const item = { seq: ++to.count, subject: event.user_id, receivedAt: Math.round(atMs) };
    to.writer.add({ ...item, body: pack(event), added: pack(added) });
    to.time = atMs;
    if (to.count === EVENTS_PER_ENTRY) await flush(partition);
  }
  for (let partition = 0; partition < PARTITIONS; partition++) await flush(partition);
  await log.close();
  return { bytes };
}

function rate(count: number, ms: number): string {
  return Math.round((count / ms) * 1000).toLocaleString('en');
}
