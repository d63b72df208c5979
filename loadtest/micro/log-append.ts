/**
 * How fast a log engine of this process takes entries: every partition appends without a pause, one batch at a time.
 *
 *   npx tsx loadtest/micro/log-append.ts [--engine embedded|memory] [--partitions 8] [--seconds 5] [--events 100] [--bytes 20000]
 *                                  [--units 2] [--producers 64] [--ids]
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { build } from 'hdr-histogram-js';
import { encodeEntry } from '../../format/entry.ts';
import { encodeRecord } from '../../format/record.ts';
import { openEmbeddedLog } from '../../server/log/embedded/log.ts';
import { openMemoryLog } from '../../server/log/memory/log.ts';
import type { AppendUnit, EventLog } from '../../server/log/port.ts';

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'embedded' },
    partitions: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '5' },
    events: { type: 'string', default: '100' },
    bytes: { type: 'string', default: '20000' },
    units: { type: 'string', default: '2' },
    producers: { type: 'string', default: '64' },
    ids: { type: 'boolean', default: false },
  },
});
const [partitions, seconds, events, bytes, units, producers] = [
  values.partitions,
  values.seconds,
  values.events,
  values.bytes,
  values.units,
  values.producers,
].map(Number) as [number, number, number, number, number, number];

const dir = mkdtempSync(join(tmpdir(), 'gapless.load-'));
const options = { partitions, rememberProducersMs: 86_400_000, dedupMs: values.ids ? 3_600_000 : 0 };
const log: EventLog =
  values.engine === 'memory' ? openMemoryLog(options) : await openEmbeddedLog({ ...options, dir, minFreeBytes: 1e9 });

const payload = randomBytes(bytes);
const record = encodeRecord({ watermark: 100_000, base: 99_900, settled: [[99_950, 99_990]], rejected: [] });
const latency = build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 });
let appends = 0;
let turn = 0;

/** The next units of producers in turn, with as many events as the entry has. */
function nextUnits(watermarks: Map<string, number>): AppendUnit[] {
  const count = Math.ceil(events / units);
  return Array.from({ length: units }, () => {
    const producer = `default//producer-${(turn++ * 7919) % producers}/1`;
    const prev = watermarks.get(producer) ?? 0;
    watermarks.set(producer, prev + count);
    const ids = values.ids ? Array.from({ length: count }, () => randomBytes(12).toString('base64url')) : [];
    return { producer, prev, first: prev + 1, last: prev + count, record, ids };
  });
}

async function appendUntil(end: number, partition: number): Promise<void> {
  const watermarks = new Map<string, number>();
  while (performance.now() < end) {
    const entry = { bytes: encodeEntry('events', Date.now(), events, [payload]), count: events };
    const batch = { partition, units: nextUnits(watermarks), entry, dead: null };
    const started = performance.now();
    const { status } = await log.append(batch);
    if (status !== 'appended') throw new Error(status);
    latency.recordValue(Math.round((performance.now() - started) * 1000));
    appends++;
  }
}

const loop = performance.eventLoopUtilization();
const cpu = process.cpuUsage();
const started = performance.now();
await Promise.all(Array.from({ length: partitions }, (_, p) => appendUntil(started + seconds * 1000, p)));
const took = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(cpu);
const { utilization } = performance.eventLoopUtilization(loop);
await log.close();
rmSync(dir, { recursive: true });

const perSecond = appends / took;
console.log(`${values.engine}: ${Math.round(perSecond)} appends/s = ${Math.round(perSecond * events)} events/s`);
console.log(`append: p50 ${latency.getValueAtPercentile(50)} us, p99 ${latency.getValueAtPercentile(99)} us`);
console.log(`cpu per append: user ${Math.round(user / appends)} us, system ${Math.round(system / appends)} us`);
console.log(`main loop busy: ${Math.round(utilization * 100)} %`);
