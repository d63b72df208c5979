/** First stage: finds each event of a frame, bounds and decodes it. What fails here has the stage `decode`. */
import { isUtf8 } from 'node:buffer';
import { pack } from '../format/msgpack.ts';
import type { EventCode } from '../protocol/codes.ts';
import { type Flaw, findFlaw, INTERNAL_EVENT_MAX_BYTES, type Problem, problem, STRUCTURE } from '../protocol/events.ts';
import { skipValues } from '../protocol/msgpack/skip.ts';
import { type Job, newJob, reject } from './job.ts';
import { JsonPacker } from './json-packer.ts';
import type { Lane } from './lane.ts';
import { QuickReader } from './quick-read.ts';
import { EventReader } from './read-event.ts';
import { rawUserId, readUserId } from './read-user-id.ts';
import type { SlabFormat, SlabFrame } from './slab.ts';
import { endsAt, eventEnd, type JsonFormat, nextEvent } from './split-json.ts';

const reader = new EventReader();
const quick = new QuickReader();
const packer = new JsonPacker();

const NIL = 0xc0;
export const WITHDRAWN = refusal('withdrawn', 'given up by the client');
const TOO_LARGE = refusal('too_large', 'larger than maxEventBytes');
const NOT_JSON = refusal('invalid_field', 'not JSON');
const NOT_UNICODE = refusal('invalid_field', STRUCTURE.notUnicode);
const DUPLICATE_KEY = refusal('invalid_field', STRUCTURE.duplicateKey);

function refusal(code: EventCode, message: string): Problem {
  return problem(code, [], message);
}

type Event = Record<string, unknown>;

/** Whether these bytes of one event give its number up. */
export function isNil(format: SlabFormat, event: Uint8Array): boolean {
  return format === 'msgpack' ? event[0] === NIL : Buffer.from(event).toString('latin1') === 'null';
}

/** What was decoded of the slab before is not needed any more. `tracks`: ids of tracks are asked for later. */
export function beginSlab(tracks: boolean): void {
  packer.clear();
  quick.tracks = tracks;
}

/** Appends a job for every event of the frame but the first `skip`. Throws where the frame does not hold what it announces. */
export function decodeFrame(slab: Buffer, frame: SlabFrame, lane: Lane, maxEventBytes: number, jobs: Job[]): void {
  const most = lane.source.internal ? INTERNAL_EVENT_MAX_BYTES : maxEventBytes;
  if (frame.format === 'msgpack') decodeMsgpack(slab, frame, lane, most, jobs);
  else decodeJson(slab, frame, lane, most, jobs);
}

function decodeMsgpack(slab: Buffer, frame: SlabFrame, lane: Lane, maxEventBytes: number, jobs: Job[]): void {
  const limit = frame.offset + frame.length;
  let at = skipValues(slab, frame.offset, frame.skip, limit);
  for (let i = frame.skip; i < frame.count; i++) {
    if (lane.quick && quick.read(slab, at, limit) && quick.end - at <= maxEventBytes) {
      const job = newJob(lane, frame, frame.first + i, at, quick.end);
      if (takeQuickly(job)) {
        jobs.push(job);
        at = quick.end;
        continue;
      }
    }
    const nil = slab[at] === NIL;
    const event = nil ? null : reader.read(slab, at, limit);
    const end = nil ? at + 1 : event ? reader.end : skipValues(slab, at, 1, limit);
    const job = newJob(lane, frame, frame.first + i, at, end);
    jobs.push(job);
    if (nil) reject(job, 'decode', WITHDRAWN);
    else if (end - at > maxEventBytes) reject(job, 'decode', TOO_LARGE);
    else if (event) job.event = event;
    else reject(job, 'decode', fromFlaw(reader.flaw!));
    job.userId = ownerOf(job, event ? rawUserId(event) : readUserId('msgpack', slab.subarray(at, end)));
    at = end;
  }
  if (at !== limit) throw new RangeError('a frame holds more events than it announces');
}

/** Gives the job what was read quickly; false where the long way decides, which also says why a user may not be the event's. */
function takeQuickly(job: Job): boolean {
  const { source, context } = job.lane;
  job.userId = job.lane.ownerOf(quick.userId);
  if (source.userId !== undefined && source.userId !== job.userId) return false;
  if (!context.fillQuickly(job, quick.type, quick.mask)) return false;
  job.facts = quick.facts;
  return true;
}

/** What was given up belongs to nobody. */
function ownerOf(job: Job, rawUser: string | null): string | null {
  return job.rejected?.code === 'withdrawn' ? null : job.lane.ownerOf(rawUser);
}

function decodeJson(slab: Buffer, frame: SlabFrame, lane: Lane, maxEventBytes: number, jobs: Job[]): void {
  const bytes = slab.subarray(frame.offset, frame.offset + frame.length);
  const format = frame.format as JsonFormat;
  let index = 0;
  let end = 0;
  for (let start = nextEvent(format, bytes, 0); start < bytes.length; start = nextEvent(format, bytes, end)) {
    const i = index++;
    if (i < frame.skip) {
      end = eventEnd(format, bytes, start);
      continue;
    }
    const plain = packer.pack(bytes, start, maxEventBytes) && endsAt(format, bytes, packer.end);
    end = plain ? packer.end : eventEnd(format, bytes, start);
    const job = newJob(lane, frame, frame.first + i, frame.offset + start, frame.offset + end);
    jobs.push(job);
    if (plain) {
      const { buffer, start: from, length } = packer;
      setPacked(job, buffer, from, length);
      if (lane.quick && quick.read(buffer, from, length) && takeQuickly(job)) continue;
      job.event = reader.read(buffer, from, length);
    }
    // What has a flaw, or is not plain, is looked at again and gets its verdict there.
    const value = job.event ?? parse(job, bytes.subarray(start, end), maxEventBytes);
    job.userId = ownerOf(job, rawUserId(value));
  }
  if (index !== frame.count) throw new RangeError(`${index} events where ${frame.count} were announced`);
}

function setPacked(job: Job, packed: Uint8Array, start: number, end: number): void {
  job.packed = packed;
  job.packedStart = start;
  job.packedEnd = end;
}

/** The value of the event's JSON, packed unless it is refused. */
function parse(job: Job, json: Buffer, maxEventBytes: number): unknown {
  const { value, refused } = parseEvent(json, maxEventBytes);
  if (refused) reject(job, 'decode', refused);
  else {
    const packed = pack(value);
    job.event = value as Event;
    setPacked(job, packed, 0, packed.length);
  }
  return value;
}

function parseEvent(bytes: Buffer, maxEventBytes: number): { value: unknown; refused: Problem | null } {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return { value: undefined, refused: bytes.length > maxEventBytes ? TOO_LARGE : NOT_JSON };
  }
  if (value === null) return { value, refused: WITHDRAWN };
  if (bytes.length > maxEventBytes) return { value, refused: TOO_LARGE };
  if (!isUtf8(bytes)) return { value, refused: NOT_UNICODE };
  const tally = { values: 0, members: 0 };
  const flaw = findFlaw(value, tally);
  if (flaw) return { value, refused: fromFlaw(flaw) };
  return { value, refused: countMembers(bytes) === tally.members ? null : DUPLICATE_KEY };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** How many keys the text of a JSON value has, repeated ones counted each time. */
function countMembers(json: Uint8Array): number {
  let members = 0;
  let inText = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i];
    if (byte === QUOTE) inText = !inText;
    else if (byte === BACKSLASH) i++;
    else if (byte === COLON && !inText) members++;
  }
  return members;
}

function fromFlaw({ path, message }: Flaw): Problem {
  return problem('invalid_field', path, message);
}
