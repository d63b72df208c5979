/**
 * The most popular tracks of a group (all, an artist's, a genre's), at most `limit`: a binary heap with the least popular of them on top, so
 * that a play costs a comparison unless it changes the list. A track that fell out comes back with its next play.
 */
export class TopTracks {
  private readonly limit: number;
  /** Popularity by track; read only. */
  private readonly popularity: () => Float64Array;
  private readonly heap: number[] = [];

  constructor(limit: number, popularity: () => Float64Array) {
    this.limit = limit;
    this.popularity = popularity;
  }

  /** Its popularity rose, or it is new to the group. */
  raise(track: number): void {
    const popularity = this.popularity();
    const full = this.heap.length === this.limit;
    if (full && popularity[track]! <= popularity[this.heap[0]!]!) return;
    const at = this.heap.indexOf(track);
    if (at >= 0) this.sink(at, popularity);
    else if (full) {
      this.heap[0] = track;
      this.sink(0, popularity);
    } else {
      this.heap.push(track);
      this.rise(this.heap.length - 1, popularity);
    }
  }

  /** Its popularity fell. */
  lower(track: number): void {
    const at = this.heap.indexOf(track);
    if (at >= 0) this.rise(at, this.popularity());
  }

  /** It belongs to another group now. */
  remove(track: number): void {
    const kept = this.heap.filter((each) => each !== track);
    if (kept.length < this.heap.length) this.fill(kept);
  }

  /** In no particular order; must not be changed. */
  get tracks(): readonly number[] {
    return this.heap;
  }

  /** Starts again with these, at most `limit`. */
  fill(tracks: readonly number[]): void {
    this.heap.length = 0;
    for (const track of tracks) this.raise(track);
  }

  /** The list as `tracks` gave it. */
  restore(tracks: Iterable<number>): void {
    this.heap.length = 0;
    this.heap.push(...tracks);
  }

  private rise(from: number, popularity: Float64Array): void {
    const { heap } = this;
    let at = from;
    const track = heap[at]!;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (popularity[heap[parent]!]! <= popularity[track]!) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = track;
  }

  private sink(from: number, popularity: Float64Array): void {
    const { heap } = this;
    let at = from;
    const track = heap[at]!;
    for (let child = at * 2 + 1; child < heap.length; child = at * 2 + 1) {
      if (child + 1 < heap.length && popularity[heap[child + 1]!]! < popularity[heap[child]!]!) child++;
      if (popularity[heap[child]!]! >= popularity[track]!) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = track;
  }
}
