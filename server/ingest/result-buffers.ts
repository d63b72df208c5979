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
