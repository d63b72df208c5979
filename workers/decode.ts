/** First stage: finds each event of a frame, bounds and decodes it. What fails here has the stage `decode`. */
import { isUtf8 } from 'node:buffer';
import { Unpackr } from 'msgpackr/unpack';
import { pack } from '../format/msgpack.ts';
import type { EventCode } from '../protocol/codes.ts';
import { type Flaw, findFlaw, type Problem, problem, STRUCTURE } from '../protocol/events.ts';
import { skipValues } from '../protocol/msgpack/skip.ts';
import { type Job, newJob, reject } from './job.ts';
import type { Lane } from './lane.ts';
import { rawUserId, readUserId } from './read-user-id.ts';
import { scanEvent } from './scan-event.ts';
import type { SlabFormat, SlabFrame } from './slab.ts';
import { splitEvents } from './split.ts';

/** Integers up to 2^53-1 are all that passes the scan, so 64-bit ones become numbers. */
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, structuredClone: false, int64AsType: 'number' });

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

/** Appends a job for every event of the frame but the first `skip`. Throws where the frame does not hold what it announces. */
export function decodeFrame(slab: Buffer, frame: SlabFrame, lane: Lane, maxEventBytes: number, jobs: Job[]): void {
  if (frame.format === 'msgpack') decodeMsgpack(slab, frame, lane, maxEventBytes, jobs);
  else decodeJson(slab, frame, lane, maxEventBytes, jobs);
}

function decodeMsgpack(slab: Buffer, frame: SlabFrame, lane: Lane, maxEventBytes: number, jobs: Job[]): void {
  const limit = frame.offset + frame.length;
  const firstJob = jobs.length;
  const from = skipValues(slab, frame.offset, frame.skip, limit);
  let sound = true;
  let at = from;
  for (let i = frame.skip; i < frame.count; i++) {
    const nil = slab[at] === NIL;
    const scanned = nil ? at + 1 : scanEvent(slab, at, limit);
    const end = typeof scanned === 'number' ? scanned : skipValues(slab, at, 1, limit);
    const job = newJob(lane, frame, frame.first + i, at, end);
    jobs.push(job);
    if (nil) reject(job, 'decode', WITHDRAWN);
    else if (end - at > maxEventBytes) reject(job, 'decode', TOO_LARGE);
    else if (typeof scanned !== 'number') reject(job, 'decode', fromFlaw(scanned));
    if (job.rejected) sound = false;
    at = end;
  }
  if (at !== limit) throw new RangeError('a frame holds more events than it announces');
  if (sound) unpackAll(slab.subarray(from, limit), lane, jobs, firstJob);
  else unpackEach(slab, jobs, firstJob);
}

/** The usual case in one call, which costs less than one for each event. */
function unpackAll(bytes: Buffer, lane: Lane, jobs: Job[], first: number): void {
  if (bytes.length === 0) return;
  const events = unpackr.unpackMultiple(bytes) as Event[];
  if (events.length !== jobs.length - first) throw new RangeError('the scan and the decoder do not agree');
  for (let i = 0; i < events.length; i++) {
    const job = jobs[first + i]!;
    job.event = events[i]!;
    job.userId = lane.ownerOf(rawUserId(job.event));
  }
}

function unpackEach(slab: Buffer, jobs: Job[], first: number): void {
  for (let i = first; i < jobs.length; i++) {
    const job = jobs[i]!;
    const bytes = slab.subarray(job.start, job.end);
    if (!job.rejected) job.event = unpackr.unpack(bytes) as Event;
    job.userId = ownerOf(job, job.event ? rawUserId(job.event) : readUserId('msgpack', bytes));
  }
}

/** What was given up belongs to nobody. */
function ownerOf(job: Job, rawUser: string | null): string | null {
  return job.rejected?.code === 'withdrawn' ? null : job.lane.ownerOf(rawUser);
}

function decodeJson(slab: Buffer, frame: SlabFrame, lane: Lane, maxEventBytes: number, jobs: Job[]): void {
  const bytes = slab.subarray(frame.offset, frame.offset + frame.length);
  const slices = splitEvents(frame.format, bytes, frame.count);
  for (let i = frame.skip; i < slices.length; i++) {
    const { start, end } = slices[i]!;
    const job = newJob(lane, frame, frame.first + i, frame.offset + start, frame.offset + end);
    jobs.push(job);
    const { value, refused } = parseEvent(bytes.subarray(start, end), maxEventBytes);
    if (refused) reject(job, 'decode', refused);
    else {
      job.event = value as Event;
      job.packed = pack(value);
    }
    job.userId = ownerOf(job, rawUserId(value));
  }
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
