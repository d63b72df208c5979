/** Last stage: what each source has for each partition, as units of the log in one buffer that is transferred. */
import { ByteWriter } from '../format/bytes.ts';
import { encodeReason } from '../format/dead-letter.ts';
import { idHash } from '../format/id-hash.ts';
import { pack } from '../format/msgpack.ts';
import { UnitWriter } from '../format/unit.ts';
import type { Job } from './job.ts';
import type { Lane } from './lane.ts';
import { type PackedUnits, packUnits, type UnitExtras, type UnitParts } from './packed-units.ts';
import type { WorkerSettings } from './settings.ts';

export type EncodeSettings = Pick<WorkerSettings, 'deadLetters' | 'clientIds'>;

/** Kept from slab to slab; each call leaves them empty. */
const out = new ByteWriter(256 * 1024);
const unit = new UnitWriter();
const added = new ByteWriter(1024);

/** `slab` is what the jobs' `start` and `end` point into; the result stands in `result` if that is large enough. */
export function encodeUnits(
  slab: Buffer,
  lanes: readonly Lane[],
  settings: EncodeSettings,
  result?: ArrayBuffer,
): PackedUnits {
  out.clear();
  unit.reset();
  const units: UnitParts[] = [];
  const extras: UnitExtras[] = [];
  for (const lane of lanes) {
    const claims = lane.source.internal === true || settings.clientIds !== false;
    for (const { partition, jobs } of lane.drafts) {
      const some = findExtras(units.length, lane, jobs, claims);
      if (some) extras.push(some);
      units.push(encodeUnit(slab, lane, partition, jobs, some ? some.rejected.length : 0, settings.deadLetters));
    }
  }
  return packUnits(units, extras, out.view(), result);
}

/** Ids that are claimed and rejections, or null where there are none. */
function findExtras(unit: number, lane: Lane, jobs: readonly Job[], claims: boolean): UnitExtras | null {
  const { tenant } = lane.source;
  let extras: UnitExtras | null = null;
  for (const { seq, rejected, facts, userId } of jobs) {
    if (!rejected && (!claims || facts!.id === undefined)) continue;
    extras ??= { unit, ids: [], idSeqs: [], rejected: [] };
    if (rejected) extras.rejected.push([seq, rejected.code, rejected.path, rejected.message]);
    else {
      extras.ids.push(idHash(tenant, userId!, facts!.id!));
      extras.idSeqs.push(seq);
    }
  }
  return extras;
}

function encodeUnit(
  slab: Buffer,
  lane: Lane,
  partition: number,
  jobs: readonly Job[],
  rejected: number,
  deadLetters: boolean,
): UnitParts {
  const start = out.length;
  const stored = jobs.length - rejected;
  if (stored > 0) {
    for (const job of jobs) if (!job.rejected) addStored(slab, job);
    unit.finishInto(out, lane.source);
  }
  const deadStart = out.length;
  const dead = deadLetters && rejected > 0 ? addDeadLetters(slab, lane, jobs) : 0;
  const length = deadStart - start;
  return { source: lane.index, partition, jobs, stored, length, dead, deadLength: out.length - deadStart };
}

function addStored(slab: Buffer, job: Job): void {
  writeAdded(job);
  const { seq, packed } = job;
  const subject = job.userId!;
  const { receivedAt } = job.frame;
  if (packed) unit.addRange(seq, subject, receivedAt, packed, job.packedStart, job.packedEnd, added);
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
  if (entries) for (const part of entries) count += part.count;
  added.clear();
  added.byte(FIXMAP | count);
  added.bytes(EVENT_TIME);
  added.float64(time);
  if (hasCompletion) {
    added.bytes(COMPLETION);
    added.float64(completion);
  }
  if (entries) for (const part of entries) added.bytes(part.bytes);
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
