/** Reading and writing the few primitives of the log format. Numbers are LEB128 varints up to 2^53-1; fixed fields are big-endian. */

export class ByteWriter {
  private buffer: Buffer;
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
    while (rest >= 0x80) {
      this.buffer[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.buffer[this.length++] = rest;
  }

  bytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A length and then the bytes. */
  block(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.bytes(bytes);
  }

  /** A length in bytes and then the text in UTF-8. */
  text(text: string): void {
    const size = Buffer.byteLength(text);
    this.varint(size);
    this.reserve(size);
    this.buffer.write(text, this.length, 'utf8');
    this.length += size;
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
