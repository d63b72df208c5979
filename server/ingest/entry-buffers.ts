/** Buffers for entries on their way to storage, used again once it has answered; see `result-buffers.ts` for why. */

/** Sizes of entry buffers are powers of two from here ... */
const SMALLEST_BITS = 12;
/** ... to here; a batch may pass its bound by one unit. */
const LARGEST_BITS = 21;
const SPARE_BYTES_OF_A_SIZE = 16 * 1024 * 1024;
const SPARE_OF_A_SIZE = 64;

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
