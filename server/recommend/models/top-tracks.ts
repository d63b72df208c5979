/**
 * The most popular tracks of a group (all, an artist's, a genre's), at most `limit`: a binary heap by what each track's popularity was when it
 * was last looked at, the lowest on top. Popularity of what is in it may rise unseen; only when a newcomer knocks are the ones at the top
 * looked at again. So a play of a popular track costs nothing here. One whose popularity fell leaves when its turn comes.
 */
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

/** Nobody had to go. */
export const NOBODY = -1;

export class TopTracks {
  private readonly limit: number;
  private readonly heap: number[] = [];
  private readonly keys: number[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  /** A track that is not in it asks for a place. Answers the track that has none then: itself, another one, or nobody. */
  offer(track: number, popularity: Float64Array): number {
    const value = popularity[track]!;
    if (this.heap.length < this.limit) {
      this.heap.push(track);
      this.keys.push(value);
      this.rise();
      return NOBODY;
    }
    if (value <= this.keys[0]!) return track;
    for (let now = popularity[this.heap[0]!]!; now > this.keys[0]!; now = popularity[this.heap[0]!]!) this.sink(now);
    if (value <= this.keys[0]!) return track;
    const gone = this.heap[0]!;
    this.heap[0] = track;
    this.sink(value);
    return gone;
  }

  remove(track: number): void {
    const kept = this.heap.map((each, at) => [each, this.keys[at]!] as const).filter(([each]) => each !== track);
    this.clear();
    // In the order of a heap, which leaving one out does not keep.
    kept.sort((a, b) => a[1] - b[1]);
    for (const [each, key] of kept) {
      this.heap.push(each);
      this.keys.push(key);
    }
  }

  clear(): void {
    this.heap.length = 0;
    this.keys.length = 0;
  }

  /** In no particular order; must not be changed. */
  get tracks(): readonly number[] {
    return this.heap;
  }

  /** All popularity was multiplied. */
  scale(factor: number): void {
    for (let at = 0; at < this.keys.length; at++) this.keys[at]! *= factor;
  }

  save(writer: SnapshotWriter): void {
    writer.array(Uint32Array.from(this.heap));
    writer.array(Float64Array.from(this.keys));
  }

  load(reader: SnapshotReader): void {
    this.clear();
    this.heap.push(...reader.array(Uint32Array));
    this.keys.push(...reader.array(Float64Array));
  }

  /** Moves the last one up to its place. */
  private rise(): void {
    const { heap, keys } = this;
    let at = heap.length - 1;
    const track = heap[at]!;
    const key = keys[at]!;
    for (let parent = (at - 1) >> 1; at > 0 && keys[parent]! > key; parent = (at - 1) >> 1) {
      heap[at] = heap[parent]!;
      keys[at] = keys[parent]!;
      at = parent;
    }
    heap[at] = track;
    keys[at] = key;
  }

  /** Gives the one on top this key and moves it down to its place. */
  private sink(key: number): void {
    const { heap, keys } = this;
    let at = 0;
    const track = heap[0]!;
    for (let child = 1; child < heap.length; child = at * 2 + 1) {
      if (child + 1 < heap.length && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      heap[at] = heap[child]!;
      keys[at] = keys[child]!;
      at = child;
    }
    heap[at] = track;
    keys[at] = key;
  }
}
