/**
 * Snapshots of the models as bytes: a head, then numbers, texts and arrays in the order in which they were written, then a CRC-32 of all
 * before it. Integers and floats are little-endian, as this machine has them.
 *
 *   head    "GPRM" (4 bytes), format version (u32)
 *   number  f64                                   text    u32 bytes, UTF-8
 *   array   u32 kind, u32 bytes, elements         texts   u32 count, lengths as u32 each, UTF-8 all together
 *   foot    "END." (4 bytes), CRC-32 (u32)
 */
import { crc32 } from 'node:zlib';
import type { NumberArray, NumberArrayType } from './column.ts';

export const SNAPSHOT_VERSION = 1;
const MAGIC = 'GPRM';
const FOOT = 'END.';
/** Small pieces are gathered up to this size. */
const GATHER_BYTES = 64 * 1024;
/** A damaged length must not take all memory before the checksum is seen. */
const MAX_RAW_BYTES = 1024 * 1024;
const MAX_ARRAY_BYTES = 512 * 1024 * 1024;
const KINDS = [Uint8Array, Uint16Array, Uint32Array, Int32Array, Float32Array, Float64Array] as const;

export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
  readonly code: 'unknown_version' | 'damaged' | 'other_options';

  constructor(code: SnapshotError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Collects the pieces; arrays are handed out as they lie in memory, without a copy. */
export class SnapshotWriter {
  private readonly pieces: Uint8Array[] = [];
  private gathered = new Uint8Array(GATHER_BYTES);
  private length = 0;

  constructor() {
    this.raw(Buffer.from(MAGIC));
    this.integer(SNAPSHOT_VERSION);
  }

  number(value: number): void {
    this.raw(new Uint8Array(Float64Array.of(value).buffer));
  }

  text(value: string): void {
    const bytes = Buffer.from(value);
    this.integer(bytes.length);
    this.raw(bytes);
  }

  array(values: NumberArray): void {
    this.integer(KINDS.findIndex((kind) => values instanceof kind));
    this.integer(values.byteLength);
    this.raw(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  texts(values: readonly string[]): void {
    const lengths = Uint32Array.from(values, (value) => Buffer.byteLength(value));
    this.array(lengths);
    for (const value of values) this.raw(Buffer.from(value));
  }

  /** Everything that was written, checksum at the end. The pieces show live memory: nothing may change until the last is consumed. */
  *chunks(): Generator<Uint8Array, void> {
    this.raw(Buffer.from(FOOT));
    this.flush();
    let checksum = 0;
    for (const piece of this.pieces) {
      checksum = crc32(piece, checksum);
      yield piece;
    }
    yield new Uint8Array(Uint32Array.of(checksum).buffer);
  }

  private integer(value: number): void {
    this.raw(new Uint8Array(Uint32Array.of(value).buffer));
  }

  private raw(bytes: Uint8Array): void {
    if (bytes.length > GATHER_BYTES / 4) {
      this.flush();
      this.pieces.push(bytes);
      return;
    }
    if (this.length + bytes.length > GATHER_BYTES) this.flush();
    this.gathered.set(bytes, this.length);
    this.length += bytes.length;
  }

  private flush(): void {
    if (this.length === 0) return;
    this.pieces.push(this.gathered.subarray(0, this.length));
    this.gathered = new Uint8Array(GATHER_BYTES);
    this.length = 0;
  }
}

/** Reads what a writer wrote, in the same order, from pieces of any size. Throws SnapshotError. */
export class SnapshotReader {
  private readonly source: Iterator<Uint8Array>;
  private piece: Uint8Array = new Uint8Array(0);
  private at = 0;
  private checksum = 0;

  constructor(chunks: Iterable<Uint8Array>) {
    this.source = chunks[Symbol.iterator]();
    if (Buffer.from(this.raw(4)).toString('latin1') !== MAGIC)
      throw new SnapshotError('damaged', 'no snapshot of models');
    const version = this.integer();
    if (version !== SNAPSHOT_VERSION) {
      throw new SnapshotError(
        'unknown_version',
        `the snapshot has version ${version}, this program reads ${SNAPSHOT_VERSION}`,
      );
    }
  }

  number(): number {
    return new Float64Array(aligned(this.raw(8)))[0]!;
  }

  text(): string {
    return Buffer.from(this.raw(this.integer())).toString('utf8');
  }

  array<A extends NumberArray>(type: NumberArrayType<A>): A {
    const kind = KINDS[this.integer()] as unknown;
    const bytes = this.integer();
    if (kind !== type || bytes % type.BYTES_PER_ELEMENT !== 0 || bytes > MAX_ARRAY_BYTES) throw damaged();
    const values = new type(bytes / type.BYTES_PER_ELEMENT);
    this.fill(new Uint8Array(values.buffer));
    return values;
  }

  texts(): string[] {
    return Array.from(this.array(Uint32Array), (length) => Buffer.from(this.raw(length)).toString('utf8'));
  }

  /** After the last thing was read: throws where the bytes are not those that were written. */
  end(): void {
    const foot = Buffer.from(this.raw(4)).toString('latin1');
    const expected = this.checksum;
    if (foot !== FOOT || this.integer() !== expected) throw damaged();
  }

  private integer(): number {
    return new Uint32Array(aligned(this.raw(4)))[0]!;
  }

  private raw(length: number): Uint8Array {
    if (this.at + length <= this.piece.length) {
      const view = this.piece.subarray(this.at, this.at + length);
      this.at += length;
      this.checksum = crc32(view, this.checksum);
      return view;
    }
    if (length > MAX_RAW_BYTES) throw damaged();
    const bytes = new Uint8Array(length);
    this.fill(bytes);
    return bytes;
  }

  private fill(target: Uint8Array): void {
    for (let filled = 0; filled < target.length; ) {
      if (this.at === this.piece.length) {
        const next = this.source.next();
        if (next.done) throw damaged();
        this.piece = next.value;
        this.at = 0;
        continue;
      }
      const part = this.piece.subarray(this.at, this.at + target.length - filled);
      target.set(part, filled);
      filled += part.length;
      this.at += part.length;
    }
    // Of nothing at all zlib gives 0 back, not the checksum so far.
    if (target.length > 0) this.checksum = crc32(target, this.checksum);
  }
}

function aligned(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

function damaged(): SnapshotError {
  return new SnapshotError('damaged', 'the snapshot is damaged or cut short');
}
