/**
 * What an event costs a worker, in one thread and without a pool: `npx tsx loadtest/micro/worker.ts`.
 * Prints microseconds per event by stage for several kinds of slabs, and read and validate alone, beside what msgpackr's decoder takes. Each figure is the best of
 * several rounds, since anything else on the machine only adds.
 */
import { Packr, Unpackr } from 'msgpackr/pack';
import { validateEvent } from '../../protocol/events.ts';
import { DEFAULT_FRAME_LIMITS } from '../../protocol/limits.ts';
import { openTask, packTask } from '../../workers/packed-task.ts';
import { openResult } from '../../workers/packed-units.ts';
import { packSlab } from '../../workers/process-slab.ts';
import { QuickReader } from '../../workers/quick-read.ts';
import { EventReader } from '../../workers/read-event.ts';
import type { WorkerSettings } from '../../workers/settings.ts';
import type { SlabFrame, SlabSource, SlabTask } from '../../workers/slab.ts';

const ROUNDS = 7;
const EVENTS_PER_ROUND = 100_000;
const NOW = 1_790_000_000_000;

const options = { useRecords: false, mapsAsObjects: true, structuredClone: false, int64AsType: 'number' } as const;
const packr = new Packr(options);
const unpackr = new Unpackr(options);

const settings: WorkerSettings = {
  partitions: 8,
  maxAgeMs: 30 * 86_400_000,
  limits: DEFAULT_FRAME_LIMITS,
  enrichment: true,
  feedbackEvents: true,
  deadLetters: true,
};

type Make = (source: number, seq: number) => Record<string, unknown>;

function uuid(n: number): string {
  const hex = (n * 2_654_435_761).toString(16).padStart(12, '0').slice(-12);
  return `6f1c9a52-7d1e-4b8a-9c3f-${hex}`;
}

const plain: Make = (source, seq) => ({
  type: 'user_interaction',
  timestamp: NOW + seq,
  user_id: `user-${1000 + source}`,
  session_id: `sess-${100_000 + source}`,
  track_id: `track-${5000 + ((seq * 7) % 900)}`,
  action: 'skip',
  position_ms: 12_345 + seq,
  duration_ms: 200_000,
  context: { source: 'radio', device_type: 'mobile' },
});
const withUuids: Make = (source, seq) => ({
  ...plain(source, seq),
  user_id: uuid(source),
  session_id: uuid(source + 1e6),
  track_id: uuid(seq % 900),
});
/** No two events share a text that a cache could know. */
const withNewUuids: Make = (source, seq) => {
  const n = source * 50 + seq;
  return { ...plain(source, seq), user_id: uuid(n), session_id: uuid(n + 1e6), track_id: uuid(n + 2e6) };
};

interface Case {
  name: string;
  eventsPerFrame: number;
  frames: number;
  json?: boolean;
  source?: Partial<SlabSource>;
  make: Make;
}

const CASES: Case[] = [
  { name: '50 a frame', eventsPerFrame: 50, frames: 40, make: plain },
  { name: '50 a frame, UUIDs', eventsPerFrame: 50, frames: 40, make: withUuids },
  { name: '50 a frame, all UUIDs new', eventsPerFrame: 50, frames: 80, make: withNewUuids },
  {
    name: '50 a frame, RFC 3339',
    eventsPerFrame: 50,
    frames: 40,
    make: (s, n) => ({ ...plain(s, n), timestamp: new Date(NOW + n).toISOString() }),
  },
  {
    name: '50 a frame, with id',
    eventsPerFrame: 50,
    frames: 40,
    make: (s, n) => ({ ...plain(s, n), id: `${s}-${n}` }),
  },
  {
    name: '50 a frame, 1,000 users each',
    eventsPerFrame: 50,
    frames: 40,
    make: (s, n) => ({ ...plain(s, n), user_id: `user-${(n * 31) % 1000}` }),
  },
  {
    name: '50 a frame, user from context',
    eventsPerFrame: 50,
    frames: 40,
    source: { context: { user_id: 'user-7', session_id: 's' } },
    make: (s, n) => ({ ...plain(s, n), user_id: undefined, session_id: undefined }),
  },
  {
    name: '50 a frame, half rejected',
    eventsPerFrame: 50,
    frames: 40,
    make: (s, n) => (n % 2 ? plain(s, n) : { ...plain(s, n), action: 'zap' }),
  },
  { name: '50 a frame, JSON', eventsPerFrame: 50, frames: 40, json: true, make: plain },
  { name: '1 a frame', eventsPerFrame: 1, frames: 256, make: plain },
];

function slab({ eventsPerFrame, frames, json = false, source = {}, make }: Case): SlabTask {
  const parts: Buffer[] = [];
  const sources: SlabSource[] = [];
  const described: SlabFrame[] = [];
  let offset = 0;
  for (let f = 0; f < frames; f++) {
    const events = Array.from({ length: eventsPerFrame }, (_, i) => JSON.parse(JSON.stringify(make(f, i + 1))));
    const bytes = json
      ? Buffer.from(JSON.stringify(events).slice(1, -1))
      : Buffer.concat(events.map((event) => Buffer.from(packr.pack(event))));
    parts.push(bytes);
    sources.push({
      tenant: 'default',
      owner: '',
      producer: `producer-${f}`,
      epoch: 1,
      clockOffsetMs: 3,
      agent: 'bench/1',
      ...source,
    });
    described.push({
      source: f,
      format: json ? 'json' : 'msgpack',
      first: 1,
      count: eventsPerFrame,
      skip: 0,
      offset,
      length: bytes.length,
      receivedAt: NOW + 60_000,
    });
    offset += bytes.length;
  }
  return { bytes: Buffer.concat(parts), sources, frames: described };
}

/** Microseconds per event, the best round. */
function measure(events: number, work: () => void): number {
  const repeats = Math.ceil(EVENTS_PER_ROUND / events);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    for (let i = 0; i < repeats; i++) work();
    best = Math.min(best, (performance.now() - began) / repeats);
  }
  return (best * 1000) / events;
}

/** Buffers are transferred, which costs the same whatever they hold. */
const NO_BYTES = new Uint8Array(0);

/** Microseconds that a slab and its result cost both threads on their ways, cloned as postMessage does it. */
function handOver(task: SlabTask): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const results = Array.from({ length: 20 }, () => packSlab(task, settings, () => 0));
    const began = performance.now();
    for (const result of results) {
      openTask(structuredClone(packTask({ ...task, bytes: NO_BYTES })));
      openResult(structuredClone(result, { transfer: [result.units.buffer] }));
    }
    best = Math.min(best, (performance.now() - began) / results.length);
  }
  return best * 1000;
}

const STAGES = ['total', 'decode', 'validate', 'enrich', 'encode'] as const;

console.log(
  `${'case'.padEnd(32)}${'B/event'.padStart(9)}${STAGES.map((stage) => stage.padStart(10)).join('')}${'hand over'.padStart(11)}   us per event`,
);
for (const each of CASES) {
  const task = slab(each);
  const events = each.eventsPerFrame * each.frames;
  const stages = { total: 0, decode: 0, validate: 0, enrich: 0, encode: 0 };
  let bestTotal = Number.POSITIVE_INFINITY;
  measure(events, () => {
    const { micros } = packSlab(task, settings, () => performance.now());
    if (micros.total >= bestTotal) return;
    bestTotal = micros.total;
    for (const stage of STAGES) stages[stage] = micros[stage] / events;
  });
  const hand = handOver(task) / events;
  const size = (task.bytes.length / events).toFixed(0).padStart(9);
  const columns = STAGES.map((stage) => stages[stage].toFixed(2).padStart(10)).join('');
  console.log(each.name.padEnd(32) + size + columns + hand.toFixed(2).padStart(11));
}

const { bytes, frames } = slab(CASES[0]!);
const slabBytes = Buffer.from(bytes);
const frameBytes = frames.map(({ offset, length }) => slabBytes.subarray(offset, offset + length));
const events = frames.length * 50;
const decoded = frameBytes.flatMap((frame) => unpackr.unpackMultiple(frame) as unknown[]);
const reader = new EventReader();
const read = measure(events, () => {
  for (let at = 0; at < slabBytes.length; at = reader.end) reader.read(slabBytes, at, slabBytes.length);
});
const quick = new QuickReader();
const readAndJudge = measure(events, () => {
  for (let at = 0; at < slabBytes.length; at = quick.end) {
    if (!quick.read(slabBytes, at, slabBytes.length)) throw new Error('not read quickly');
  }
});
const decode = measure(events, () => {
  for (const frame of frameBytes) unpackr.unpackMultiple(frame);
});
const validate = measure(events, () => {
  for (const event of decoded) validateEvent(event);
});
console.log(
  `alone: read and judge in one pass ${readAndJudge.toFixed(2)}; read ${read.toFixed(2)}, msgpackr ${decode.toFixed(2)}, validate ${validate.toFixed(2)} us per event`,
);
