/**
 * For each track the sessions it occurred in, the most recent `limit` of them (VMIS-kNN's m), as serials in the order in which the track came
 * up. A list is a ring once it is full; before it grows it drops the sessions that are gone.
 */
import { Blocks, classFor } from './blocks.ts';
import { Column } from './column.ts';
import type { Sessions } from './sessions.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

export class Postings {
  readonly limit: number;
  private readonly sessions: Sessions;
  private readonly places = new Column(Uint32Array);
  /** 0 is no list yet. */
  private readonly classes = new Column(Uint8Array);
  private readonly counts = new Column(Uint16Array);
  /** Where a full list's oldest entry stands. */
  private readonly heads = new Column(Uint16Array);
  private readonly blocks = new Blocks();
  private tracks = 0;

  constructor(limit: number, sessions: Sessions) {
    this.limit = limit;
    this.sessions = sessions;
  }

  ensure(tracks: number): void {
    if (tracks <= this.tracks) return;
    this.tracks = tracks;
    for (const column of this.columns()) column.ensure(tracks);
  }

  /** The session has the track, and had it not before. */
  add(track: number, serial: number): void {
    const sizeClass = this.classes.data[track]!;
    const count = this.counts.data[track]!;
    if (sizeClass === 0) this.open(track);
    else if (count === this.limit) return this.overwrite(track, serial);
    else if (count === 1 << sizeClass && !this.dropGone(track)) this.grow(track);
    const place = this.places.data[track]!;
    const used = this.counts.data[track]!++;
    this.blocks.words(place)[this.blocks.at(place) + used] = serial;
  }

  count(track: number): number {
    return this.counts.data[track]!;
  }

  /** The page in which the list lies, from `start` on, `count` entries. The track has a list. */
  words(track: number): Uint32Array {
    return this.blocks.words(this.places.data[track]!);
  }
  start(track: number): number {
    return this.blocks.at(this.places.data[track]!);
  }
  /** How far from the start the newest entry stands; older ones stand before it, and before the first one comes the last one. */
  newest(track: number): number {
    const head = this.heads.data[track]!;
    return head === 0 ? this.counts.data[track]! - 1 : head - 1;
  }

  renumberTracks(next: Int32Array, kept: number): void {
    for (let track = 0; track < next.length; track++) {
      const sizeClass = this.classes.data[track]!;
      if (next[track]! < 0 && sizeClass > 0) this.blocks.give(this.places.data[track]!, sizeClass);
    }
    for (const column of this.columns()) column.renumber(next);
    this.tracks = kept;
  }

  memoryBytes(): number {
    return this.columns().reduce((sum, column) => sum + column.byteLength, this.blocks.memoryBytes());
  }

  save(writer: SnapshotWriter): void {
    writer.number(this.tracks);
    for (const column of this.columns()) column.save(writer, this.tracks);
    this.blocks.save(writer);
  }

  load(reader: SnapshotReader): void {
    this.tracks = reader.number();
    for (const column of this.columns()) column.load(reader);
    this.blocks.load(reader);
  }

  private open(track: number): void {
    const sizeClass = classFor(1);
    this.classes.data[track] = sizeClass;
    this.places.data[track] = this.blocks.take(sizeClass);
  }

  private overwrite(track: number, serial: number): void {
    const head = this.heads.data[track]!;
    const place = this.places.data[track]!;
    this.blocks.words(place)[this.blocks.at(place) + head] = serial;
    this.heads.data[track] = (head + 1) % this.limit;
  }

  /** True if that made room worth the walk. */
  private dropGone(track: number): boolean {
    const count = this.counts.data[track]!;
    const words = this.words(track);
    const start = this.start(track);
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const serial = words[start + i]!;
      if (this.sessions.slotOf(serial) >= 0) words[start + kept++] = serial;
    }
    this.counts.data[track] = kept;
    return kept <= count * 0.75;
  }

  private grow(track: number): void {
    const sizeClass = this.classes.data[track]!;
    const count = this.counts.data[track]!;
    this.places.data[track] = this.blocks.move(this.places.data[track]!, sizeClass, count, sizeClass + 1);
    this.classes.data[track] = sizeClass + 1;
  }

  private columns() {
    return [this.places, this.classes, this.counts, this.heads] as Column<Uint32Array>[];
  }
}
