/**
 * Where copies of frames live until their slab comes back. Many frames share one chunk, and a chunk whose frames are all gone is used
 * again: V8 answers a stream of fresh buffers with one full collection after the other, however small the heap is.
 */
const CHUNK_BYTES = 256 * 1024;
/** Chunks that are kept for later; more than this is a burst. */
const SPARE_CHUNKS = 64;

interface Chunk {
  readonly arena: Arena;
  buffer: Uint8Array;
  used: number;
  /** Copies in it that are still needed. */
  live: number;
}

/** A copy of a frame, or of several that came one after another. */
export class Copy {
  private readonly buffer: Uint8Array;
  private readonly from: number;
  length: number;
  /** What it is a part of; null for bytes that are nobody's else. */
  private readonly chunk: Chunk | null;

  constructor(buffer: Uint8Array, from: number, length: number, chunk: Chunk | null) {
    this.buffer = buffer;
    this.from = from;
    this.length = length;
    this.chunk = chunk;
  }

  /** Stands for bytes that are the caller's own already. */
  static of(bytes: Uint8Array): Copy {
    return new Copy(bytes, 0, bytes.length, null);
  }

  /** A view that is made with each call. */
  get bytes(): Uint8Array {
    return this.buffer.subarray(this.from, this.from + this.length);
  }

  /** Takes over the bytes of `next` where they stand right behind its own: then `next` is nobody's any more. */
  join(next: Copy): boolean {
    if (next.buffer !== this.buffer || next.from !== this.from + this.length) return false;
    this.length += next.length;
    next.release();
    return true;
  }

  /** It is not needed any more; without this its chunk is left to the garbage collector. */
  release(): void {
    this.chunk?.arena.release(this.chunk);
  }
}

export class Arena {
  private chunk = this.newChunk(CHUNK_BYTES);
  private readonly spare: Chunk[] = [];

  copy(bytes: Uint8Array): Copy {
    const chunk = this.chunkFor(bytes.length);
    const from = chunk.used;
    chunk.used += bytes.length;
    chunk.live++;
    chunk.buffer.set(bytes, from);
    return new Copy(chunk.buffer, from, bytes.length, chunk);
  }

  private chunkFor(size: number): Chunk {
    if (size > CHUNK_BYTES) return this.newChunk(size);
    if (this.chunk.used + size > CHUNK_BYTES) {
      const full = this.chunk;
      this.chunk = this.spare.pop() ?? this.newChunk(CHUNK_BYTES);
      this.recycle(full);
    }
    return this.chunk;
  }

  /** Called by a copy. */
  release(chunk: Chunk): void {
    chunk.live--;
    if (chunk !== this.chunk) this.recycle(chunk);
  }

  private recycle(chunk: Chunk): void {
    if (chunk.live > 0 || chunk.buffer.length !== CHUNK_BYTES || this.spare.length >= SPARE_CHUNKS) return;
    chunk.used = 0;
    this.spare.push(chunk);
  }

  /** Not of a Buffer: its views are made by JavaScript, which takes longer. */
  private newChunk(size: number): Chunk {
    return { arena: this, buffer: new Uint8Array(Buffer.allocUnsafeSlow(size).buffer), used: 0, live: 0 };
  }
}
