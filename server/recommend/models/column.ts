/** A typed array that grows by half when it must: what a model knows of sessions or tracks, by their number. */
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

export type NumberArray = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float32Array | Float64Array;
export type NumberArrayType<A extends NumberArray> = { new (length: number): A; readonly BYTES_PER_ELEMENT: number };

const SMALLEST = 64;

export class Column<A extends NumberArray> {
  /** Longer than what is in use; the rest is 0. Changes its identity when it grows. */
  data: A;
  private readonly type: NumberArrayType<A>;

  constructor(type: NumberArrayType<A>, length = SMALLEST) {
    this.type = type;
    this.data = new type(Math.max(SMALLEST, length));
  }

  /** Makes room for so many; `limit`, if it is known, spares room that is never used. */
  ensure(length: number, limit = Number.POSITIVE_INFINITY): void {
    const before = this.data;
    if (length <= before.length) return;
    const larger = new this.type(Math.max(length, Math.min(limit, Math.ceil(before.length * 1.5))));
    larger.set(before as never);
    this.data = larger;
  }

  /** Value n moves to `next[n]`, which rises with n, or goes where that is negative. */
  renumber(next: Int32Array): void {
    const { data } = this;
    let kept = 0;
    for (let n = 0; n < next.length; n++) if (next[n]! >= 0) data[kept++] = data[n]!;
    data.fill(0, kept, next.length);
  }

  /** The first `length` values. */
  save(writer: SnapshotWriter, length: number): void {
    writer.array(this.data.subarray(0, length) as A);
  }

  load(reader: SnapshotReader): void {
    const saved = reader.array(this.type);
    this.ensure(saved.length);
    this.data.set(saved as never);
  }

  get byteLength(): number {
    return this.data.byteLength;
  }
}
