/**
 * Units on their way from a worker: all numbers and bytes in one buffer that is transferred, and beside it only what few units have.
 * A unit as an object with three views costs 2 us to clone, which for frames of one event is as much as all the work on them.
 *
 *   buffer = per unit its source, partition, number of seqs, stored, length of bytes, dead, length of dead bytes;
 *            the seqs of all units; then per unit bytes and dead bytes
 *
 * All numbers are 64-bit floats of this machine.
 */
import type { Rejection } from '../protocol/frames.ts';
import type { SlabResult, UnitDraft } from './slab.ts';

/** The ids and rejections of one unit that has some. */
export interface UnitExtras {
  /** Index of the unit. */
  unit: number;
  ids: string[];
  idSeqs: number[];
  rejected: Rejection[];
}

export interface PackedUnits {
  buffer: ArrayBuffer;
  count: number;
  extras: UnitExtras[];
}

/** A unit whose bytes are still elsewhere, the dead letters right behind the events. */
export interface UnitParts {
  source: number;
  partition: number;
  /** Each has one number of the unit, rising. */
  jobs: readonly { seq: number }[];
  stored: number;
  length: number;
  dead: number;
  deadLength: number;
}

const NONE: readonly never[] = [];
const NO_BYTES = new Uint8Array(0);
const FIELDS = 7;
const NUMBER = Float64Array.BYTES_PER_ELEMENT;

/** Copies everything into one buffer, `out` if it is large enough. `bytes` are those of the units one after another. */
export function packUnits(
  units: readonly UnitParts[],
  extras: UnitExtras[],
  bytes: Uint8Array,
  out?: ArrayBuffer,
): PackedUnits {
  let numbers = FIELDS * units.length;
  for (let i = 0; i < units.length; i++) numbers += units[i]!.jobs.length;
  const needed = numbers * NUMBER + bytes.length;
  const buffer = out && out.byteLength >= needed ? out : new ArrayBuffer(needed);
  new Uint8Array(buffer).set(bytes, numbers * NUMBER);
  const table = new Float64Array(buffer, 0, numbers);
  let at = 0;
  let seqsAt = FIELDS * units.length;
  for (const { source, partition, jobs, stored, length, dead, deadLength } of units) {
    table[at++] = source;
    table[at++] = partition;
    table[at++] = jobs.length;
    table[at++] = stored;
    table[at++] = length;
    table[at++] = dead;
    table[at++] = deadLength;
    for (let i = 0; i < jobs.length; i++) table[seqsAt++] = jobs[i]!.seq;
  }
  return { buffer, count: units.length, extras };
}

/** The units again, their bytes as views of the buffer. */
export function openUnits({ buffer, count, extras }: PackedUnits): UnitDraft[] {
  const numbers = new Float64Array(buffer, 0, Math.floor(buffer.byteLength / NUMBER));
  const fields = FIELDS * count;
  let seqsAt = fields;
  let bytesAt = fields * NUMBER;
  for (let at = 0; at < fields; at += FIELDS) bytesAt += numbers[at + 2]! * NUMBER;
  const units: UnitDraft[] = [];
  for (let at = 0; at < fields; at += FIELDS) {
    const seqs: number[] = [];
    for (const end = seqsAt + numbers[at + 2]!; seqsAt < end; seqsAt++) seqs.push(numbers[seqsAt]!);
    const length = numbers[at + 4]!;
    const deadLength = numbers[at + 6]!;
    units.push({
      source: numbers[at]!,
      partition: numbers[at + 1]!,
      seqs,
      bytes: length > 0 ? new Uint8Array(buffer, bytesAt, length) : NO_BYTES,
      stored: numbers[at + 3]!,
      ids: NONE,
      idSeqs: NONE,
      rejected: NONE,
      deadBytes: deadLength > 0 ? new Uint8Array(buffer, bytesAt + length, deadLength) : NO_BYTES,
      dead: numbers[at + 5]!,
    });
    bytesAt += length + deadLength;
  }
  for (const { unit, ids, idSeqs, rejected } of extras) Object.assign(units[unit]!, { ids, idSeqs, rejected });
  return units;
}

/** A result as a worker sends it. */
export interface PackedResult extends Pick<SlabResult, 'input' | 'micros' | 'events' | 'kinds'> {
  units: PackedUnits;
}

/** The result as everybody else knows it. */
export function openResult({ units, ...rest }: PackedResult): SlabResult {
  return { buffer: units.buffer, units: openUnits(units), ...rest };
}
