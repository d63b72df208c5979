/**
 * A producer's record in one partition, as bytes: one MessagePack array
 * `[watermark, base, [from, to, from, to, ...], [[seq, code, path, message], ...]]`.
 * Storage engines that must read the watermark themselves keep it beside the bytes.
 */
import { Packr } from 'msgpackr/pack';
import { Unpackr } from 'msgpackr/unpack';
import type { Rejection } from '../protocol/frames.ts';
import { FormatError } from './bytes.ts';
import type { ProducerRecord } from './model.ts';

/** How far below its watermark a record remembers rejections: the largest window, so the most a client can have outstanding. */
export const REJECTIONS_REMEMBERED = 1024;

const options = { useRecords: false, mapsAsObjects: true, structuredClone: false } as const;
const packr = new Packr(options);
const unpackr = new Unpackr(options);

export function encodeRecord(record: ProducerRecord): Uint8Array {
  const { watermark, base, settled, rejected } = record;
  // A copy of its own: engines keep it, and would keep all of the block that packr shares.
  return new Uint8Array(packr.pack([watermark, base, settled.flat(), rejected]));
}

export function decodeRecord(bytes: Uint8Array): ProducerRecord {
  const value: unknown = unpackr.unpack(bytes as Buffer);
  if (!Array.isArray(value) || value.length < 4) throw new FormatError('not a producer record');
  const [watermark, base, flat, rejected] = value as [number, number, number[], Rejection[]];
  const settled: [number, number][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) settled.push([flat[i]!, flat[i + 1]!]);
  return { watermark, base, settled, rejected };
}

export const EMPTY_RECORD: ProducerRecord = { watermark: 0, base: 0, settled: [], rejected: [] };

/**
 * The record after this partition settled `seqs` (rising) with these rejections, when everything up to `base` is known to be
 * settled somewhere. Pure; the old record stays.
 */
export function extendRecord(
  old: ProducerRecord,
  base: number,
  seqs: readonly number[],
  rejections: readonly Rejection[],
): ProducerRecord {
  const newBase = Math.max(old.base, base);
  const settled: [number, number][] = [];
  for (const [from, to] of old.settled) if (to > newBase) settled.push([Math.max(from, newBase + 1), to]);
  for (const seq of seqs) if (seq > newBase) addTo(settled, seq);
  const watermark = Math.max(old.watermark, seqs.length > 0 ? seqs[seqs.length - 1]! : 0);
  return { watermark, base: newBase, settled, rejected: remembered(old.rejected, rejections, watermark) };
}

/** Whether this partition, or what was known of the others when it last wrote, says that the number is settled. */
export function isSettled({ base, settled }: ProducerRecord, seq: number): boolean {
  return seq <= base || settled.some(([from, to]) => from <= seq && seq <= to);
}

function addTo(ranges: [number, number][], seq: number): void {
  const last = ranges[ranges.length - 1];
  if (last && seq <= last[1] + 1) last[1] = Math.max(last[1], seq);
  else ranges.push([seq, seq]);
}

function remembered(old: readonly Rejection[], added: readonly Rejection[], watermark: number): readonly Rejection[] {
  if (old.length + added.length === 0) return old;
  return [...old, ...added].filter(([seq]) => seq > watermark - REJECTIONS_REMEMBERED);
}

/** What all partitions together know of a producer: everything up to `done` is settled, and so is everything in `ahead`. */
export interface Settled {
  done: number;
  /** Numbers above `done` that are settled already, rising. */
  ahead: number[];
  /** Remembered rejections, rising by number. */
  rejected: Rejection[];
}

/** `atLeast` is what the client says it has processed: it counts as settled. */
export function unite(records: readonly ProducerRecord[], atLeast = 0): Settled {
  let done = atLeast;
  for (const record of records) done = Math.max(done, record.base);
  const ranges = records.flatMap((record) => record.settled).sort((a, b) => a[0] - b[0]);
  const ahead: number[] = [];
  for (const [from, to] of ranges) {
    if (from <= done + 1) done = Math.max(done, to);
    else for (let seq = from; seq <= to; seq++) ahead.push(seq);
  }
  const rejected = records.flatMap((record) => record.rejected).sort((a, b) => a[0] - b[0]);
  return { done, ahead: ahead.filter((seq) => seq > done), rejected };
}
