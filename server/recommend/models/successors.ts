/**
 * For each track the tracks that came after it, with decayed weights; the strongest `limit` of them: when a row is full, a newcomer takes the
 * place of the weakest if that has decayed below it.
 */
import { Blocks, classFor } from './blocks.ts';
import { Column } from './column.ts';
import { ForwardDecay } from './decay.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

/** Words of an entry: a track's number, and its weight as a float. */
export const ENTRY_WORDS = 2;

export class Successors {
  readonly limit: number;
  readonly decay: ForwardDecay;
  private readonly places = new Column(Uint32Array);
  private readonly classes = new Column(Uint8Array);
  private readonly counts = new Column(Uint8Array);
  /** All weight that was ever added to the row, also of what has left it. */
  private readonly totals = new Column(Float32Array);
  private readonly blocks = new Blocks();
  private tracks = 0;

  constructor(limit: number, halfLifeMs: number) {
    this.limit = limit;
    this.decay = new ForwardDecay(halfLifeMs, (factor) => this.scale(factor));
  }

  ensure(tracks: number): void {
    if (tracks <= this.tracks) return;
    this.tracks = tracks;
    for (const column of this.columns()) column.ensure(tracks);
  }

  /** `weight` as `decay` gives it. */
  add(track: number, next: number, weight: number): void {
    this.totals.data[track]! += weight;
    let count = this.counts.data[track]!;
    if (count > 0) {
      const place = this.places.data[track]!;
      const words = this.blocks.words(place);
      const weights = this.blocks.floats(place);
      const start = this.blocks.at(place);
      const end = start + count * ENTRY_WORDS;
      let weakest = start;
      for (let i = start; i < end; i += ENTRY_WORDS) {
        if (words[i] === next) {
          weights[i + 1]! += weight;
          return;
        }
        if (weights[i + 1]! < weights[weakest + 1]!) weakest = i;
      }
      if (count === this.limit) {
        if (weights[weakest + 1]! > weight) return;
        words[weakest] = next;
        weights[weakest + 1] = weight;
        return;
      }
    }
    const place = this.roomFor(track, count);
    const at = this.blocks.at(place) + count * ENTRY_WORDS;
    this.blocks.words(place)[at] = next;
    this.blocks.floats(place)[at + 1] = weight;
    this.counts.data[track] = ++count;
  }

  /** Takes weight from an entry, at most all of it. */
  subtract(track: number, next: number, weight: number): void {
    const count = this.counts.data[track]!;
    if (count === 0) return;
    const place = this.places.data[track]!;
    const words = this.blocks.words(place);
    const weights = this.blocks.floats(place);
    const start = this.blocks.at(place);
    for (let i = start; i < start + count * ENTRY_WORDS; i += ENTRY_WORDS) {
      if (words[i] === next) weights[i + 1] = Math.max(0, weights[i + 1]! - weight);
    }
  }

  count(track: number): number {
    return this.counts.data[track]!;
  }
  total(track: number): number {
    return this.totals.data[track]!;
  }
  /** The page in which the row lies, as numbers of tracks and as weights, from `start` on, `count` entries of two words. */
  words(track: number): Uint32Array {
    return this.blocks.words(this.places.data[track]!);
  }
  weights(track: number): Float32Array {
    return this.blocks.floats(this.places.data[track]!);
  }
  start(track: number): number {
    return this.blocks.at(this.places.data[track]!);
  }

  renumberTracks(next: Int32Array, kept: number): void {
    for (let track = 0; track < next.length; track++) {
      const sizeClass = this.classes.data[track]!;
      if (sizeClass === 0) continue;
      const count = this.counts.data[track]!;
      if (next[track]! < 0) this.blocks.give(this.places.data[track]!, sizeClass);
      else if (count > 0) this.counts.data[track] = this.renumberRow(track, count, next);
    }
    for (const column of this.columns()) column.renumber(next);
    this.tracks = kept;
  }

  memoryBytes(): number {
    return this.columns().reduce((sum, column) => sum + column.byteLength, this.blocks.memoryBytes());
  }

  save(writer: SnapshotWriter): void {
    writer.number(this.tracks);
    this.decay.save(writer);
    for (const column of this.columns()) column.save(writer, this.tracks);
    this.blocks.save(writer);
  }

  load(reader: SnapshotReader): void {
    this.tracks = reader.number();
    this.decay.load(reader);
    for (const column of this.columns()) column.load(reader);
    this.blocks.load(reader);
  }

  /** Where the row lies, with room for one more than `count`. */
  private roomFor(track: number, count: number): number {
    const sizeClass = this.classes.data[track]!;
    const needed = classFor((count + 1) * ENTRY_WORDS);
    if (sizeClass >= needed) return this.places.data[track]!;
    const place =
      sizeClass === 0
        ? this.blocks.take(needed)
        : this.blocks.move(this.places.data[track]!, sizeClass, count * ENTRY_WORDS, needed);
    this.places.data[track] = place;
    this.classes.data[track] = needed;
    return place;
  }

  /** How many entries are left; a row keeps its block, so none at all is one that nobody reaches. */
  private renumberRow(track: number, count: number, next: Int32Array): number {
    const words = this.words(track);
    const weights = this.weights(track);
    const start = this.start(track);
    let kept = start;
    for (let i = start; i < start + count * ENTRY_WORDS; i += ENTRY_WORDS) {
      const renumbered = next[words[i]!]!;
      if (renumbered < 0) continue;
      words[kept] = renumbered;
      weights[kept + 1] = weights[i + 1]!;
      kept += ENTRY_WORDS;
    }
    return (kept - start) / ENTRY_WORDS;
  }

  private scale(factor: number): void {
    for (let track = 0; track < this.tracks; track++) {
      this.totals.data[track]! *= factor;
      const count = this.counts.data[track]!;
      if (count === 0) continue;
      const weights = this.weights(track);
      const start = this.start(track);
      for (let i = start; i < start + count * ENTRY_WORDS; i += ENTRY_WORDS) weights[i + 1]! *= factor;
    }
  }

  private columns() {
    return [this.places, this.classes, this.counts, this.totals] as Column<Uint32Array>[];
  }
}
