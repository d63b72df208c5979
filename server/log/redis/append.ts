/** An append as arguments of the script, and its answer as the port wants it. */

import type { Argument } from '../../redis/client.ts';
import type { ScriptCall } from '../../redis/script.ts';
import { LogError } from '../error.ts';
import type { AppendBatch, AppendResult, AppendUnit, Conflict } from '../port.ts';
import { APPEND, ID_BYTES, REASONS } from './append-script.ts';
import { allKeys, type PartitionKeys } from './keys.ts';

export interface AppendSettings {
  partitions: number;
  dedupMs: number;
  /** A conflict leaves a mark, so that WAIT has something to speak of. */
  waits: boolean;
  /** ms since 1970; null for Redis's own clock. */
  now: number | null;
}

const NOTHING = '';

export function appendCall(batch: AppendBatch, keys: PartitionKeys, settings: AppendSettings): ScriptCall {
  const { partitions, dedupMs, waits, now } = settings;
  const args: Argument[] = [partitions, now ?? NOTHING, dedupMs, waits ? 1 : NOTHING];
  for (const entry of [batch.entry, batch.dead]) args.push(entry ? asBuffer(entry.bytes) : NOTHING, entry?.count ?? 0);
  args.push(batch.units.length);
  for (const { producer, prev, first, last, record, ids } of batch.units) {
    args.push(producer, prev, first, last, asBuffer(record), dedupMs > 0 ? packIds(ids) : NOTHING);
  }
  return { script: APPEND, keys: allKeys(keys), args, uncopied: true };
}

/** Ids as they stand in the sets: 12 bytes instead of 16 characters. */
function packIds(ids: AppendUnit['ids']): Buffer | string {
  if (ids.length === 0) return NOTHING;
  const packed = Buffer.from(ids.join(''), 'base64url');
  if (packed.length !== ids.length * ID_BYTES)
    throw new LogError('misconfigured', 'an id is not 16 characters of base64url');
  return packed;
}

type RawConflict = [unit: number, reason: number, watermark: Buffer, record: Buffer | null, repeated: number[]];
type Answer = [appended: 1, last: number, lastDead: number, bytes: number] | [conflict: 0, RawConflict[]];

/** `bytes`: what the partition holds after an append, null for a conflict. */
export function readAnswer(answer: unknown): { result: AppendResult; bytes: number | null } {
  const read = answer as Answer;
  if (read[0] === 1) {
    const [, last, lastDead, bytes] = read;
    return { result: { status: 'appended', last, lastDead }, bytes };
  }
  const conflicts = read[1].map(
    ([unit, reason, watermark, record, repeated]): Conflict => ({
      unit,
      reason: REASONS[reason]!,
      watermark: Number(watermark.toString('latin1')),
      record,
      repeated,
    }),
  );
  return { result: { status: 'conflict', conflicts }, bytes: null };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
