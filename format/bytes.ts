/** Reading and writing the few primitives of the log format. Numbers are LEB128 varints up to 2^53-1; fixed fields are big-endian. */

/** Up to here a loop is faster than a call; below 128, so that a length fits one byte of a varint. */
const LOOP_MAX = 64;
/** Four bytes of a varint. */
const HALF = 2 ** 28;

export class ByteWriter {
  /** What was written stands in its first `length` bytes; replaced by a larger one as it grows. */
  buffer: Buffer;
  length = 0;

  constructor(initial = 4096) {
    this.buffer = Buffer.allocUnsafeSlow(initial);
  }

  private reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }

  varint(value: number): void {
    this.reserve(8);
    let rest = value;
    if (value >= HALF) {
      // Bit operations see the low 32 bits only, and `%` of what does not fit them is a slow call.
      let low = value & (HALF - 1);
      for (let i = 0; i < 4; i++) {
        this.buffer[this.length++] = low | 0x80;
        low >>>= 7;
      }
      rest = Math.floor(value / HALF);
    }
    let small = rest | 0;
    while (small >= 0x80) {
      this.buffer[this.length++] = small | 0x80;
      small >>>= 7;
    }
    this.buffer[this.length++] = small;
  }

  bytes(bytes: Uint8Array): void {
    this.range(bytes, 0, bytes.length);
  }

  /** A length and then the bytes. */
  block(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.bytes(bytes);
  }

  /** The bytes of `source` from `start` up to `end`. */
  range(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.reserve(length);
    if (length > LOOP_MAX) this.buffer.set(source.subarray(start, end), this.length);
    else for (let i = 0; i < length; i++) this.buffer[this.length + i] = source[start + i]!;
    this.length += length;
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.length++] = value;
  }

  float64(value: number): void {
    this.reserve(8);
    this.length = this.buffer.writeDoubleBE(value, this.length);
  }

  /** A length in bytes and then the text in UTF-8. */
  text(text: string): void {
    if (text.length < LOOP_MAX && this.asciiText(text)) return;
    const size = Buffer.byteLength(text);
    this.varint(size);
    this.reserve(size);
    this.buffer.write(text, this.length, 'utf8');
    this.length += size;
  }

  /** The same for short ASCII, which costs less than two calls out of JavaScript; false if it is something else. */
  private asciiText(text: string): boolean {
    const { length } = text;
    this.reserve(length + 1);
    let at = this.length;
    this.buffer[at++] = length;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return false;
      this.buffer[at++] = unit;
    }
    this.length = at;
    return true;
  }

  /** What was written so far; a view that later writes may move away from. */
  view(from = 0): Uint8Array {
    return this.buffer.subarray(from, this.length);
  }

  clear(): void {
    this.length = 0;
  }
}

/** Thrown by ByteReader where the bytes end or a number does not fit; callers turn it into their own finding of damage. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}

export class ByteReader {
  readonly bytes: Uint8Array;
  position: number;
  readonly end: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      if (this.position >= this.end) throw new FormatError('number is cut off');
      const byte = this.bytes[this.position++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 0x80;
    }
    throw new FormatError('number is too large');
  }

  take(length: number): Uint8Array {
    const from = this.position;
    if (length > this.end - from) throw new FormatError('bytes are cut off');
    this.position = from + length;
    return this.bytes.subarray(from, this.position);
  }

  block(): Uint8Array {
    return this.take(this.varint());
  }

  text(): string {
    const block = this.block();
    return Buffer.from(block.buffer, block.byteOffset, block.length).toString('utf8');
  }
}
