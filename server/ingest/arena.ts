/**
 * Where copies of frames live until their slab comes back. Many frames share one chunk, and a chunk whose frames are all gone is used
 * again: V8 answers a stream of fresh buffers with one full collection after the other, however small the heap is.
 */
const CHUNK_BYTES = 256 * 1024;
/** Chunks that are kept for later; more than this is a burst. */
const SPARE_CHUNKS = 64;

interface Chunk {
  buffer: Uint8Array;
  used: number;
  /** Copies in it that are still needed. */
  live: number;
}

/** A copy of a frame. */
export class Copy {
  readonly bytes: Uint8Array;
  private readonly arena: Arena;
  private readonly chunk: Chunk;

  constructor(bytes: Uint8Array, arena: Arena, chunk: Chunk) {
    this.bytes = bytes;
    this.arena = arena;
    this.chunk = chunk;
  }

  /** It is not needed any more; without this its chunk is left to the garbage collector. */
  release(): void {
    this.arena.release(this.chunk);
  }
}

export class Arena {
  private chunk = newChunk(CHUNK_BYTES);
  private readonly spare: Chunk[] = [];

  copy(bytes: Uint8Array): Copy {
    const chunk = this.chunkFor(bytes.length);
    const from = chunk.used;
    chunk.used += bytes.length;
    chunk.live++;
    chunk.buffer.set(bytes, from);
    return new Copy(new Uint8Array(chunk.buffer.buffer, from, bytes.length), this, chunk);
  }

  private chunkFor(size: number): Chunk {
    if (size > CHUNK_BYTES) return newChunk(size);
    if (this.chunk.used + size > CHUNK_BYTES) {
      const full = this.chunk;
      this.chunk = this.spare.pop() ?? newChunk(CHUNK_BYTES);
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
}

function newChunk(size: number): Chunk {
  return { buffer: Buffer.allocUnsafeSlow(size), used: 0, live: 0 };
}
