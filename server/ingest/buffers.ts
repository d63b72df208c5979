/**
 * Buffers that are used again once nobody needs what stands in them. V8 answers a stream of fresh buffers with one full collection after
 * the other, however small the heap is, and the system clears each of their pages first.
 */
import { SLAB_BUFFER_BYTES } from './slab.ts';

/** What a worker makes of a slab: its events again, and a head and some numbers for each frame. */
const RESULT_BUFFER_BYTES = 2 * SLAB_BUFFER_BYTES;
const SPARE_RESULTS = 16;

/** Result buffers, which travel to a worker empty and come back full. */
export class ResultBuffers {
  private readonly spare: ArrayBuffer[] = [];

  take(): ArrayBuffer {
    return this.spare.pop() ?? new ArrayBuffer(RESULT_BUFFER_BYTES);
  }

  /** Counts `units` parts of it that are in use. */
  lend(buffer: ArrayBuffer, units: number): Lease {
    return new Lease(units, () => {
      if (buffer.byteLength >= RESULT_BUFFER_BYTES && this.spare.length < SPARE_RESULTS) this.spare.push(buffer);
    });
  }
}

/** Who never gives its part back leaves the buffer to the garbage collector. */
export class Lease {
  private units: number;
  private readonly free: () => void;

  constructor(units: number, free: () => void) {
    this.units = units;
    this.free = free;
  }

  /** One part is not needed any more. */
  giveBack(): void {
    if (--this.units === 0) this.free();
  }
}

/** Sizes of entry buffers are powers of two from here ... */
const SMALLEST_BITS = 12;
/** ... to here; a batch may pass its bound by one unit. */
const LARGEST_BITS = 21;
const SPARE_BYTES_OF_A_SIZE = 16 * 1024 * 1024;
const SPARE_OF_A_SIZE = 64;

/** Buffers for entries on their way to storage. */
export class EntryBuffers {
  private readonly spare: Uint8Array[][] = Array.from({ length: LARGEST_BITS + 1 }, () => []);

  /** A buffer of this length; what stands in it is left over from before. */
  take(length: number): Buffer {
    const bits = Math.max(SMALLEST_BITS, 32 - Math.clz32(length - 1));
    if (bits > LARGEST_BITS) return Buffer.allocUnsafeSlow(length);
    const whole = this.spare[bits]!.pop() ?? Buffer.allocUnsafeSlow(2 ** bits);
    return Buffer.from(whole.buffer, 0, length);
  }

  /** Nothing will read it any more. */
  giveBack({ buffer }: Uint8Array): void {
    const bits = Math.log2(buffer.byteLength);
    const spare = Number.isInteger(bits) && bits >= SMALLEST_BITS ? this.spare[bits] : undefined;
    if (spare && spare.length < SPARE_OF_A_SIZE && spare.length << bits < SPARE_BYTES_OF_A_SIZE)
      spare.push(Buffer.from(buffer as ArrayBuffer));
  }
}
