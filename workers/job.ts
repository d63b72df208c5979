/** One event on its way through the stages. Each stage fills in its part; a rejected event skips the stages between. */
import type { DeadLetterStage } from '../format/model.ts';
import type { Problem } from '../protocol/events.ts';
import type { Entries } from './entries.ts';
import type { Lane } from './lane.ts';
import type { SlabFrame } from './slab.ts';

export interface Rejected extends Problem {
  stage: DeadLetterStage;
}

export interface Facts {
  /** ms since 1970, by the client's clock. */
  timestamp: number;
  /** Index into EVENT_KINDS, -1 for none of them. */
  kind: number;
  id: string | undefined;
  deviceType: string | undefined;
  /** Where there is a catalogue. */
  track: string | undefined;
  position: number | undefined;
  duration: number | undefined;
}

export interface Job {
  lane: Lane;
  frame: SlabFrame;
  seq: number;
  /** Where its own bytes stand in the slab. */
  start: number;
  end: number;
  /** decode: the event, null where it is rejected there, or was read quickly. The context is merged into it. */
  event: Record<string, unknown> | null;
  /** What the later stages need of a good event; from the quick reader, else from `judge`. */
  facts: Facts | null;
  /** decode: whose event it is (`ownerOf`), null for nobody's. */
  userId: string | null;
  /** decode: what holds the event as MessagePack, from `packedStart` to `packedEnd`, where it came as JSON; null where the slab's own bytes serve. */
  packed: Uint8Array | null;
  packedStart: number;
  packedEnd: number;
  /** decode, validate: why it is not stored. */
  rejected: Rejected | null;
  /** validate: its time after the clock offset, ms since 1970. */
  time: number;
  /** validate, enrich: what is added to it, beside `event_time` and `completion`; null for nothing, as with most. */
  added: Entries[] | null;
  /** enrich: how much of the track was played, 0 to 1; NaN where that is not known. */
  completion: number;
}

export function newJob(lane: Lane, frame: SlabFrame, seq: number, start: number, end: number): Job {
  return {
    lane,
    frame,
    seq,
    start,
    end,
    event: null,
    facts: null,
    userId: null,
    packed: null,
    packedStart: 0,
    packedEnd: 0,
    rejected: null,
    time: 0,
    added: null,
    completion: Number.NaN,
  };
}

export function add(job: Job, entries: Entries): void {
  if (job.added) job.added.push(entries);
  else job.added = [entries];
}

export function reject(job: Job, stage: DeadLetterStage, { code, path, message }: Problem): void {
  job.rejected = { stage, code, path, message };
}
