/** Slabs of made-up frames, and what became of their events. */
import { Packr } from 'msgpackr/pack';
import { encodeEntry, openEntry } from '../../format/entry.ts';
import type { DeadLetter, StoredEvent, Stream } from '../../format/model.ts';
import { decodeDeadLetters, decodeEvents } from '../../format/stored-event.ts';
import { DEFAULT_FRAME_LIMITS } from '../../protocol/limits.ts';
import type { Catalogue } from '../../workers/catalogue.ts';
import { processSlab } from '../../workers/process-slab.ts';
import type { WorkerSettings } from '../../workers/settings.ts';
import type { SlabFormat, SlabFrame, SlabResult, SlabSource, SlabTask } from '../../workers/slab.ts';

export const NOW = 1_790_000_000_000;

export const SETTINGS: WorkerSettings = {
  partitions: 8,
  maxAgeMs: 0,
  limits: DEFAULT_FRAME_LIMITS,
  enrichment: true,
  feedbackEvents: true,
  deadLetters: true,
};

export const SOURCE: SlabSource = { tenant: 'default', owner: '', producer: 'p-1', epoch: 1 };

/** A good event; fields given as undefined are left out. */
export function event(fields: Record<string, unknown> = {}): Record<string, unknown> {
  const whole = {
    type: 'user_interaction',
    timestamp: NOW,
    user_id: 'u-1',
    session_id: 's-1',
    track_id: 't-1',
    action: 'skip',
    ...fields,
  };
  return Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined));
}

const packr = new Packr({ useRecords: false, mapsAsObjects: true, structuredClone: false, variableMapSize: true });

export function pack(value: unknown): Buffer {
  return Buffer.from(packr.pack(value));
}

const ENCODERS: Record<SlabFormat, (events: readonly unknown[]) => Buffer> = {
  msgpack: (events) => Buffer.concat(events.map(pack)),
  json: (events) => Buffer.from(events.map((value) => JSON.stringify(value)).join(',')),
  ndjson: (events) => Buffer.from(events.map((value) => `${JSON.stringify(value)}\n`).join('')),
};

export interface FrameDraft {
  /** Encoded as `format` says, unless `bytes` are given. */
  events?: readonly unknown[];
  bytes?: Uint8Array;
  count?: number;
  format?: SlabFormat;
  source?: number;
  first?: number;
  skip?: number;
  receivedAt?: number;
}

export function slab(frames: readonly FrameDraft[], sources: readonly SlabSource[] = [SOURCE]): SlabTask {
  const parts: Uint8Array[] = [Buffer.from('ahead')];
  const described: SlabFrame[] = [];
  let offset = parts[0]!.length;
  for (const draft of frames) {
    const { events = [], format = 'msgpack', source = 0, first = 1, skip = 0, receivedAt = NOW } = draft;
    const bytes = draft.bytes ?? ENCODERS[format](events);
    const count = draft.count ?? events.length;
    described.push({ source, format, first, count, skip, offset, length: bytes.length, receivedAt });
    parts.push(bytes);
    offset += bytes.length;
  }
  return { bytes: Buffer.concat(parts), sources: [...sources], frames: described };
}

/** Everything about one source's part of a slab. */
export interface Outcome {
  /** Stored events, without what the stamp of the log adds. */
  stored: StoredEvent[];
  /** `seq code path` of every rejection. */
  rejected: string[];
  letters: DeadLetter[];
  ids: [seq: number, id: string][];
  seqs: number[];
}

export function outcome(result: SlabResult, source = 0): Outcome {
  const all: Outcome = { stored: [], rejected: [], letters: [], ids: [], seqs: [] };
  for (const unit of result.units.filter((each) => each.source === source)) {
    all.stored.push(...read(unit.bytes, unit.stored, 'events', decodeEvents).map(({ event }) => event));
    all.letters.push(...read(unit.deadBytes, unit.dead, 'dead-letters', decodeDeadLetters).map(({ letter }) => letter));
    all.rejected.push(...unit.rejected.map(([seq, code, path]) => `${seq} ${code} ${path}`.trim()));
    unit.ids.forEach((id, i) => void all.ids.push([unit.idSeqs[i]!, id]));
    all.seqs.push(...unit.seqs);
  }
  all.stored.sort((a, b) => a.seq - b.seq);
  all.rejected.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  all.seqs.sort((a, b) => a - b);
  return all;
}

function read<T>(bytes: Uint8Array, count: number, stream: Stream, decode: (entry: never) => T[]): T[] {
  if (count === 0) {
    if (bytes.length > 0) throw new Error('bytes of nothing');
    return [];
  }
  const item = openEntry(stream, 0, count, encodeEntry(stream, NOW, count, [bytes]));
  return decode(item as never);
}

export function run(
  frames: readonly FrameDraft[],
  sources?: readonly SlabSource[],
  settings: Partial<WorkerSettings> = {},
  catalogue?: Catalogue,
): SlabResult {
  return processSlab(slab(frames, sources), { ...SETTINGS, ...settings }, () => 0, catalogue);
}

/** What becomes of events of one connection. */
export function runEvents(
  events: readonly unknown[],
  source: Partial<SlabSource> = {},
  settings: Partial<WorkerSettings> = {},
  catalogue?: Catalogue,
): Outcome {
  return outcome(run([{ events }], [{ ...SOURCE, ...source }], settings, catalogue));
}
