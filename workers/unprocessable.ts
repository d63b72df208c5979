/** The verdict of an event that killed its worker twice. Runs outside the pool, so it only scans the event and never decodes it. */
import { problem } from '../protocol/events.ts';
import { isNil, WITHDRAWN } from './decode.ts';
import { encodeUnits } from './encode.ts';
import { newJob, reject } from './job.ts';
import { Lane } from './lane.ts';
import { openUnits } from './packed-units.ts';
import { ownerOf } from './partition.ts';
import { readUserId } from './read-user-id.ts';
import type { WorkerSettings } from './settings.ts';
import type { SlabFormat, SlabSource, UnitDraft } from './slab.ts';

const UNPROCESSABLE = problem('unprocessable', [], 'the server failed to process it twice');

/** A unit of one rejection, with its dead letter if they are kept. `event` holds this one event's bytes and nothing else. */
export function rejectUnprocessed(
  source: SlabSource,
  format: SlabFormat,
  event: Uint8Array,
  seq: number,
  receivedAt: number,
  settings: WorkerSettings,
): UnitDraft {
  const lane = new Lane(0, source, settings.partitions);
  const frame = { source: 0, format, first: seq, count: 1, skip: 0, offset: 0, length: event.length, receivedAt };
  const job = newJob(lane, frame, seq, 0, event.length);
  if (isNil(format, event)) reject(job, 'decode', WITHDRAWN);
  else {
    job.userId = ownerOf(source, readUserId(format, event));
    reject(job, 'process', UNPROCESSABLE);
  }
  lane.place(job);
  const bytes = Buffer.from(event.buffer, event.byteOffset, event.length);
  return openUnits(encodeUnits(bytes, [lane], settings))[0]!;
}
