/** Last stage: what each source has for each partition, as units of the log in one buffer that is transferred. */
import { ByteWriter } from '../format/bytes.ts';
import { encodeReason } from '../format/dead-letter.ts';
import { idHash } from '../format/id-hash.ts';
import { pack } from '../format/msgpack.ts';
import { UnitWriter } from '../format/unit.ts';
import type { Rejection } from '../protocol/frames.ts';
import type { Job } from './job.ts';
import type { Lane } from './lane.ts';
import type { UnitDraft } from './slab.ts';

/** A draft whose bytes are still in `out`, the dead letters behind the events. */
interface Part {
  draft: UnitDraft;
  jobs: readonly Job[];
  start: number;
  deadStart: number;
  end: number;
}

/** In the place of views that come when the buffer does. */
const NO_BYTES = new Uint8Array(0);
const NO_NUMBERS = new Float64Array(0);

/** Kept from slab to slab; each call leaves them empty. */
const out = new ByteWriter(256 * 1024);
const unit = new UnitWriter();
const added = new ByteWriter(1024);

/** `slab` is what the jobs' `start` and `end` point into. */
export function encodeUnits(
  slab: Buffer,
  lanes: readonly Lane[],
  deadLetters: boolean,
): { buffer: ArrayBuffer; units: UnitDraft[] } {
  out.clear();
  unit.reset();
  const parts: Part[] = [];
  for (const lane of lanes) {
    for (const [partition, jobs] of lane.drafts) parts.push(encodePart(slab, lane, partition, jobs, deadLetters));
  }
  return layOut(parts);
}

function encodePart(slab: Buffer, lane: Lane, partition: number, jobs: readonly Job[], deadLetters: boolean): Part {
  const { tenant } = lane.source;
  const ids: string[] = [];
  const idSeqs: number[] = [];
  const rejected: Rejection[] = [];
  const start = out.length;
  for (const job of jobs) {
    if (job.rejected) {
      rejected.push([job.seq, job.rejected.code, job.rejected.path, job.rejected.message]);
      continue;
    }
    addStored(slab, job);
    const id = job.event!.id;
    if (id === undefined) continue;
    ids.push(idHash(tenant, job.userId!, id as string));
    idSeqs.push(job.seq);
  }
  const stored = jobs.length - rejected.length;
  if (stored > 0) unit.finishInto(out, lane.source);
  const deadStart = out.length;
  const dead = deadLetters && rejected.length > 0 ? addDeadLetters(slab, lane, jobs) : 0;
  const draft: UnitDraft = {
    source: lane.index,
    partition,
    seqs: NO_NUMBERS,
    bytes: NO_BYTES,
    stored,
    ids,
    idSeqs,
    rejected,
    deadBytes: NO_BYTES,
    dead,
  };
  return { draft, jobs, start, deadStart, end: out.length };
}

function addStored(slab: Buffer, job: Job): void {
  writeAdded(job);
  const { seq, packed } = job;
  const subject = job.userId!;
  const { receivedAt } = job.frame;
  if (packed) unit.addRange(seq, subject, receivedAt, packed, 0, packed.length, added);
  else unit.addRange(seq, subject, receivedAt, slab, job.start, job.end, added);
}

const FIXMAP = 0x80;
const FLOAT64 = 0xcb;
const EVENT_TIME = Buffer.concat([pack('event_time'), Buffer.of(FLOAT64)]);
const COMPLETION = Buffer.concat([pack('completion'), Buffer.of(FLOAT64)]);

/** The map `added` of a stored event. It has fewer than 16 entries: a type has at most ten fields to fill in, and five are derived. */
function writeAdded({ time, completion, added: entries }: Job): void {
  const hasCompletion = !Number.isNaN(completion);
  let count = hasCompletion ? 2 : 1;
  for (const part of entries) count += part.count;
  added.clear();
  added.byte(FIXMAP | count);
  added.bytes(EVENT_TIME);
  added.float64(time);
  if (hasCompletion) {
    added.bytes(COMPLETION);
    added.float64(completion);
  }
  for (const part of entries) added.bytes(part.bytes);
}

/** What was given up leaves no dead letter. Answers how many there are. */
function addDeadLetters(slab: Buffer, lane: Lane, jobs: readonly Job[]): number {
  const { context } = lane.source;
  let dead = 0;
  for (const { rejected, seq, userId, frame, start, end } of jobs) {
    if (!rejected || rejected.code === 'withdrawn') continue;
    const format = frame.format === 'msgpack' ? 'msgpack' : 'json';
    const body = slab.subarray(start, end);
    unit.add({
      seq,
      subject: userId ?? '',
      receivedAt: frame.receivedAt,
      body,
      added: encodeReason({ ...rejected, format, context }),
    });
    dead++;
  }
  if (dead > 0) unit.finishInto(out, lane.source);
  return dead;
}

/** Copies everything into one buffer: the numbers first, where they are aligned, then the units as they stand in `out`. */
function layOut(parts: readonly Part[]): { buffer: ArrayBuffer; units: UnitDraft[] } {
  let numbers = 0;
  for (const part of parts) numbers += part.jobs.length;
  const base = numbers * Float64Array.BYTES_PER_ELEMENT;
  const buffer = new ArrayBuffer(base + out.length);
  new Uint8Array(buffer).set(out.view(), base);
  let at = 0;
  for (const { draft, jobs, start, deadStart, end } of parts) {
    draft.seqs = new Float64Array(buffer, at * Float64Array.BYTES_PER_ELEMENT, jobs.length);
    for (let i = 0; i < jobs.length; i++) draft.seqs[i] = jobs[i]!.seq;
    at += jobs.length;
    draft.bytes = new Uint8Array(buffer, base + start, deadStart - start);
    draft.deadBytes = new Uint8Array(buffer, base + deadStart, end - deadStart);
  }
  return { buffer, units: parts.map(({ draft }) => draft) };
}
