/** Numbers of a fixed width in bits, most significant bit first. Widths and values up to 53 bits. */

export class BitWriter {
  private readonly bytes: number[] = [];
  private free = 0;

  write(value: number, width: number): void {
    for (let left = width; left > 0; ) {
      if (this.free === 0) {
        this.bytes.push(0);
        this.free = 8;
      }
      const take = Math.min(left, this.free);
      const part = Math.floor(value / 2 ** (left - take)) % 2 ** take;
      this.bytes[this.bytes.length - 1]! |= part << (this.free - take);
      this.free -= take;
      left -= take;
    }
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}

export class BitReader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length * 8 - this.at;
  }

  /** Throws RangeError beyond the end. */
  read(width: number): number {
    if (width > this.left) throw new RangeError('there are not as many bits');
    let value = 0;
    for (let left = width; left > 0; ) {
      const free = 8 - (this.at % 8);
      const take = Math.min(left, free);
      const byte = this.bytes[this.at >> 3]!;
      value = value * 2 ** take + ((byte >> (free - take)) & (2 ** take - 1));
      this.at += take;
      left -= take;
    }
    return value;
  }
}

/** How many bits a number takes. */
export function bitsOf(value: number): number {
  let bits = 0;
  for (let rest = value; rest >= 1; rest = Math.floor(rest / 2)) bits++;
  return bits;
}
