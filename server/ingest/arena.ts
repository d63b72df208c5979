/**
 * Where copies of frames live until their verdicts are known. Many small frames share one larger buffer, which goes when the last of
 * them does: an allocation each would keep the garbage collector busier than the events.
 */
const CHUNK_BYTES = 256 * 1024;

export class Arena {
  private chunk: Uint8Array = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  private used = 0;

  copy(bytes: Uint8Array): Uint8Array {
    if (bytes.length > CHUNK_BYTES / 4) return Uint8Array.from(bytes);
    if (this.used + bytes.length > CHUNK_BYTES) {
      this.chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      this.used = 0;
    }
    const from = this.used;
    this.used += bytes.length;
    this.chunk.set(bytes, from);
    return this.chunk.subarray(from, this.used);
  }
}
