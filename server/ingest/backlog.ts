/** Frames that wait for a slab, and the slabs that are formed of them. Whose source was served the least lately goes first (`fair-queue.ts`). */
import { FairQueue } from './fair-queue.ts';
import { join, type PendingFrame } from './pending-frame.ts';
import { hasRoom, SLAB_BYTES, type Slab, TURN_BYTES } from './slab.ts';
import type { Source } from './source.ts';

/** Of a light source: what it was served lately is no more, nor what it has waiting. */
const LIGHT_BYTES = 2 * 1024;
const LIGHT = Math.log2(LIGHT_BYTES);

export class Backlog {
  private readonly ready = new FairQueue<Source>();
  /** Of frames that wait. */
  bytes = 0;
  events = 0;

  /** No source waits. */
  get empty(): boolean {
    return this.ready.length === 0;
  }

  add(source: Source, frame: PendingFrame): void {
    this.count(frame, 1);
    const last = source.frames.at(-1);
    if (!last || !join(last, frame)) source.frames.push(frame);
    if (source.state === 'idle') this.enqueue(source);
  }

  /** It has frames and no slab. */
  enqueue(source: Source): void {
    source.state = 'queued';
    this.ready.push(source);
  }

  /** Its frames will never be worked on. */
  discard(source: Source): void {
    for (const frame of source.frames) {
      this.count(frame, -1);
      frame.copy.release();
    }
    source.frames.length = 0;
  }

  form(): Slab {
    const slab = emptySlab();
    const share = Math.max(TURN_BYTES, SLAB_BYTES / this.ready.length);
    while (!this.empty && hasRoom(slab)) {
      const source = this.ready.pop()!;
      if (source.state === 'queued') this.take(source, slab, share);
    }
    return slab;
  }

  /** A light source is first, and all that it has waiting `may` be worked on apart. */
  lightIsFirst(may: (frame: PendingFrame) => boolean): boolean {
    while (!this.empty && this.ready.peek()!.state !== 'queued') this.ready.pop();
    const source = this.ready.peek();
    return source !== undefined && this.isLight(source) && source.frames.every(may);
  }

  /** A slab of the light ones that are first. It may pass `most.events` by a source, but not `most.bytes`. */
  formLight(most: Pick<Slab, 'events' | 'bytes'>, may: (frame: PendingFrame) => boolean): Slab {
    const slab = emptySlab();
    while (slab.events < most.events && slab.bytes + LIGHT_BYTES <= most.bytes && this.lightIsFirst(may))
      this.take(this.ready.pop()!, slab, LIGHT_BYTES);
    return slab;
  }

  private isLight(source: Source): boolean {
    if (this.ready.remembered(source) > LIGHT) return false;
    return source.frames.reduce((bytes, { copy }) => bytes + copy.length, 0) <= LIGHT_BYTES;
  }

  /** At least a frame of it, and others up to `share` bytes. */
  private take(source: Source, slab: Slab, share: number): void {
    source.state = 'in_pool';
    slab.sources.push(source);
    let used = 0;
    let taken = 0;
    while (used < source.frames.length && taken < share && hasRoom(slab)) {
      const frame = source.frames[used++]!;
      this.count(frame, -1);
      slab.frames.push({ source, frame });
      taken += frame.copy.length;
      slab.bytes += frame.copy.length;
      slab.events += frame.count - frame.skip;
    }
    source.frames.splice(0, used);
    this.ready.charge(source, taken);
  }

  private count({ copy, count, skip }: PendingFrame, sign: 1 | -1): void {
    this.bytes += sign * copy.length;
    this.events += sign * (count - skip);
  }
}

function emptySlab(): Slab {
  return { sources: [], frames: [], bytes: 0, events: 0 };
}
