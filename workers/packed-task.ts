/**
 * A slab on its way to a worker: frames as one list of numbers, sources as one list of values. As objects a frame of one event and its
 * source cost 2 us to clone, because each brings the names of its fields along.
 */
import type { SlabFormat, SlabFrame, SlabSource, SlabTask } from './slab.ts';

export interface PackedTask {
  bytes: Uint8Array;
  /** For each source its fields in the order of `packTask`. */
  sources: unknown[];
  /** For each frame its fields in the order of `packTask`, the format as an index into `FORMATS`. */
  frames: Float64Array;
  out?: ArrayBuffer | undefined;
}

const FORMATS: readonly SlabFormat[] = ['msgpack', 'json', 'ndjson'];
/** How many values a source and a frame have. */
const SOURCE_FIELDS = 9;
const FRAME_FIELDS = 8;

export function packTask({ bytes, sources, frames, out }: SlabTask): PackedTask {
  const values: unknown[] = [];
  for (const { tenant, owner, producer, epoch, context, clockOffsetMs, userId, userAgent, agent } of sources) {
    values.push(tenant, owner, producer, epoch, context, clockOffsetMs, userId, userAgent, agent);
  }
  const numbers = new Float64Array(frames.length * FRAME_FIELDS);
  let at = 0;
  for (const { source, format, first, count, skip, offset, length, receivedAt } of frames) {
    numbers[at++] = source;
    numbers[at++] = FORMATS.indexOf(format);
    numbers[at++] = first;
    numbers[at++] = count;
    numbers[at++] = skip;
    numbers[at++] = offset;
    numbers[at++] = length;
    numbers[at++] = receivedAt;
  }
  return { bytes, sources: values, frames: numbers, ...(out && { out }) };
}

export function openTask({ bytes, sources: values, frames: numbers, out }: PackedTask): SlabTask {
  const sources: SlabSource[] = [];
  for (let at = 0; at < values.length; at += SOURCE_FIELDS) {
    sources.push({
      tenant: values[at] as string,
      owner: values[at + 1] as string,
      producer: values[at + 2] as string,
      epoch: values[at + 3] as number,
      context: values[at + 4] as SlabSource['context'],
      clockOffsetMs: values[at + 5] as number | undefined,
      userId: values[at + 6] as string | undefined,
      userAgent: values[at + 7] as string | undefined,
      agent: values[at + 8] as string | undefined,
    });
  }
  const frames: SlabFrame[] = [];
  for (let at = 0; at < numbers.length; at += FRAME_FIELDS) {
    frames.push({
      source: numbers[at]!,
      format: FORMATS[numbers[at + 1]!]!,
      first: numbers[at + 2]!,
      count: numbers[at + 3]!,
      skip: numbers[at + 4]!,
      offset: numbers[at + 5]!,
      length: numbers[at + 6]!,
      receivedAt: numbers[at + 7]!,
    });
  }
  return { bytes, sources, frames, ...(out && { out }) };
}
