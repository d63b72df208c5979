/**
 * The most recent sessions of a tenant with their tracks, in a ring: when it is full, a new session takes the place of the one that was opened
 * first. A session has a serial number and stands in slot `serial mod capacity`. Whoever holds a serial can tell by it alone whether the
 * session is still there, so that nothing that points to sessions has to be cleaned up when they go.
 */
import { Blocks, classFor } from './blocks.ts';
import { Column } from './column.ts';
import { hashKey, KeyTable } from './key-table.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

/** Set in a session's entry where the listener left the track early or disliked it. */
export const REFUSED = 0x8000_0000;
export const TRACK_MASK = 0x7fff_ffff;
/** No session has more. */
export const MAX_SESSION_TRACKS = 255;
/** An entry whose track is forgotten. */
export const NO_TRACK = TRACK_MASK;

export class Sessions {
  readonly capacity: number;
  /** Serials start again from here; a multiple of the capacity, so that slots go on in turn. */
  private readonly period: number;
  /** The serial of the next session. */
  private next = 0;
  /** How many there are. */
  size = 0;
  private readonly low = new Column(Uint32Array);
  private readonly high = new Column(Uint32Array);
  /** Seconds since 1970 of its newest event. */
  private readonly last = new Column(Uint32Array);
  private readonly places = new Column(Uint32Array);
  private readonly counts = new Column(Uint8Array);
  private readonly keys = new KeyTable(this.low, this.high);
  private readonly blocks = new Blocks();

  constructor(capacity: number) {
    this.capacity = capacity;
    this.period = Math.floor(0x1_0000_0000 / capacity) * capacity;
  }

  /** The slot of a user's session, or -1. */
  find(user: string, session: string): number {
    const { low, high } = hashKey(user, session);
    return this.keys.find(low, high);
  }

  /** The slot of a new session, which the key leads to from now on. `leaving` is told of the slot whose session has to go for it. */
  open(user: string, session: string, leaving: (slot: number) => void): number {
    const slot = this.next % this.capacity;
    if (this.size === this.capacity) {
      leaving(slot);
      this.release(slot);
      this.keys.remove(slot);
    } else {
      this.size++;
      for (const column of this.columns()) column.ensure(this.size, this.capacity);
    }
    this.next = (this.next + 1) % this.period;
    const { low, high } = hashKey(user, session);
    const before = this.keys.find(low, high);
    if (before >= 0) this.keys.remove(before);
    this.low.data[slot] = low;
    this.high.data[slot] = high;
    this.last.data[slot] = 0;
    this.counts.data[slot] = 0;
    this.keys.add(slot);
    return slot;
  }

  /** Puts a track at the end. The session has fewer than MAX_SESSION_TRACKS. */
  append(slot: number, track: number): void {
    const count = this.counts.data[slot]!;
    if (count === 0) this.places.data[slot] = this.blocks.take(classFor(1));
    else if (count === 1 << classFor(count)) {
      const sizeClass = classFor(count);
      this.places.data[slot] = this.blocks.move(this.places.data[slot]!, sizeClass, count, sizeClass + 1);
    }
    const place = this.places.data[slot]!;
    this.blocks.words(place)[this.blocks.at(place) + count] = track;
    this.counts.data[slot] = count + 1;
  }

  /** Puts a track before the last one. The session is not empty. */
  insertBeforeLast(slot: number, track: number): void {
    this.append(slot, track);
    const words = this.words(slot);
    const last = this.start(slot) + this.count(slot) - 1;
    words[last] = words[last - 1]!;
    words[last - 1] = track;
  }

  /** The track at that place. */
  track(slot: number, index: number): number {
    return this.words(slot)[this.start(slot) + index]! & TRACK_MASK;
  }

  count(slot: number): number {
    return this.counts.data[slot]!;
  }

  /** The page in which the session's entries lie, from `start(slot)` on, `count(slot)` of them. The session is not empty. */
  words(slot: number): Uint32Array {
    return this.blocks.words(this.places.data[slot]!);
  }
  start(slot: number): number {
    return this.blocks.at(this.places.data[slot]!);
  }

  /** Where in the session the track stands last, or -1. */
  indexOf(slot: number, track: number): number {
    const count = this.counts.data[slot]!;
    if (count === 0) return -1;
    const words = this.words(slot);
    const start = this.start(slot);
    for (let i = count - 1; i >= 0; i--) if ((words[start + i]! & TRACK_MASK) === track) return i;
    return -1;
  }

  /** The entry at that place is one that the listener did not want. */
  refuse(slot: number, index: number): void {
    this.words(slot)[this.start(slot) + index]! |= REFUSED;
  }

  isRefused(slot: number, index: number): boolean {
    return (this.words(slot)[this.start(slot) + index]! & REFUSED) !== 0;
  }

  /** ms since 1970, in whole seconds. */
  lastAt(slot: number): number {
    return this.last.data[slot]! * 1000;
  }
  /** Moves it forward. */
  touch(slot: number, at: number): void {
    const seconds = Math.max(0, Math.floor(at / 1000));
    if (seconds > this.last.data[slot]!) this.last.data[slot] = seconds;
  }

  /** The serial of the session that stands there now. */
  serial(slot: number): number {
    const newest = this.next === 0 ? this.period - 1 : this.next - 1;
    const behind = ((newest % this.capacity) - slot + this.capacity) % this.capacity;
    const serial = newest - behind;
    return serial < 0 ? serial + this.period : serial;
  }

  /** The slot of that session, or -1 if it is gone. */
  slotOf(serial: number): number {
    let age = this.next - serial;
    if (age <= 0) age += this.period;
    return age <= this.size ? serial % this.capacity : -1;
  }

  /** Tracks get new numbers; those with a negative one become NO_TRACK. */
  renumberTracks(next: Int32Array): void {
    for (let slot = 0; slot < this.size; slot++) {
      const count = this.counts.data[slot]!;
      if (count === 0) continue;
      const words = this.words(slot);
      for (let i = this.start(slot), end = i + count; i < end; i++) {
        const track = words[i]! & TRACK_MASK;
        const renumbered = track === NO_TRACK ? -1 : next[track]!;
        words[i] = ((words[i]! & REFUSED) | (renumbered < 0 ? NO_TRACK : renumbered)) >>> 0;
      }
    }
  }

  memoryBytes(): number {
    const columns = this.columns().reduce((sum, column) => sum + column.byteLength, 0);
    return columns + this.keys.memoryBytes() + this.blocks.memoryBytes();
  }

  save(writer: SnapshotWriter): void {
    writer.number(this.next);
    writer.number(this.size);
    for (const column of this.columns()) column.save(writer, this.size);
    this.keys.save(writer);
    this.blocks.save(writer);
  }

  load(reader: SnapshotReader): void {
    this.next = reader.number();
    this.size = reader.number();
    for (const column of this.columns()) column.load(reader);
    this.keys.load(reader);
    this.blocks.load(reader);
  }

  private release(slot: number): void {
    const count = this.counts.data[slot]!;
    if (count > 0) this.blocks.give(this.places.data[slot]!, classFor(count));
  }

  private columns() {
    return [this.low, this.high, this.last, this.places, this.counts] as Column<Uint32Array>[];
  }
}
