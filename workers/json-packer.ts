/**
 * Writes the JSON text of an event as MessagePack, byte by byte, without making a value of it: the bytes go into the log as they are, and
 * the readers of MessagePack judge them like any others. Only plain text is taken, as clients write it: maps of fewer than 16 members, ASCII
 * without escapes, numbers that need no rounding, no lists, no line breaks. Of anything else it says no, and `JSON.parse` has the word.
 * Every value takes its shortest form, as clients send it.
 */

const TAB = 0x09;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

const NIL = 0xc0;
const FALSE = 0xc2;
const TRUE = 0xc3;
const FLOAT64 = 0xcb;
const FIXMAP = 0x80;
const FIXMAP_MOST = 15;
const FIXSTR = 0xa0;
const FIXSTR_MOST = 31;
const STR8 = 0xd9;
const STR8_MOST = 255;

const BUFFER_BYTES = 256 * 1024;
/** `0.5,` becomes nine bytes; everything else grows by less. */
const GROWTH = 3;
/** Up to so many digits a number is exact, and dividing it by a power of ten rounds once, as it must. */
const DIGITS_MOST = 15;
const POWERS = Array.from({ length: DIGITS_MOST + 1 }, (_, i) => 10 ** i);
const DEPTH_MOST = 8;

const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);

export class JsonPacker {
  /** What was packed since `clear`; the last event stands from `start` up to `length`. Replaced when it is full; who holds the old one keeps it. */
  buffer: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  start = 0;
  length = 0;
  /** The position in the source behind the last event. */
  end = 0;
  private source: Uint8Array = this.buffer;
  private at = 0;
  private limit = 0;

  clear(): void {
    this.length = 0;
  }

  /** Packs the event that starts at `start`; false where it is no plain one of at most `mostBytes`. */
  pack(source: Uint8Array, start: number, mostBytes: number): boolean {
    if (source[start] !== OPEN) return false;
    const most = Math.min(source.length, start + mostBytes);
    const room = (most - start) * GROWTH;
    if (this.buffer.length - this.length < room) {
      this.buffer = Buffer.allocUnsafeSlow(Math.max(BUFFER_BYTES, room));
      this.length = 0;
    }
    this.source = source;
    this.at = start;
    this.limit = most;
    this.start = this.length;
    if (this.map(1)) {
      this.end = this.at;
      return true;
    }
    this.length = this.start;
    return false;
  }

  /** The next byte that is no space, -1 at the end. Stays in front of it. */
  private peek(): number {
    const { source, limit } = this;
    let at = this.at;
    while (at < limit && (source[at] === SPACE || source[at] === TAB)) at++;
    this.at = at;
    return at < limit ? source[at]! : -1;
  }

  private map(depth: number): boolean {
    if (depth > DEPTH_MOST) return false;
    const head = this.length++;
    this.at++;
    let count = 0;
    if (this.peek() === CLOSE) this.at++;
    else {
      for (;;) {
        if (++count > FIXMAP_MOST || this.peek() !== QUOTE || !this.text()) return false;
        if (this.peek() !== COLON) return false;
        this.at++;
        if (!this.value(depth)) return false;
        const next = this.peek();
        this.at++;
        if (next === CLOSE) break;
        if (next !== COMMA) return false;
      }
    }
    this.buffer[head] = FIXMAP | count;
    return true;
  }

  private value(depth: number): boolean {
    const byte = this.peek();
    if (byte === QUOTE) return this.text();
    if (byte === MINUS || (byte >= ZERO && byte <= NINE)) return this.number(byte === MINUS);
    if (byte === OPEN) return this.map(depth + 1);
    return this.word('true', TRUE) || this.word('false', FALSE) || this.word('null', NIL);
  }

  private text(): boolean {
    const { source, buffer, limit } = this;
    let at = this.at + 1;
    let out = this.length + 1;
    for (; at < limit; at++) {
      const byte = source[at]!;
      if (byte === QUOTE) break;
      if (byte < SPACE || byte >= 0x80 || byte === BACKSLASH) return false;
      buffer[out++] = byte;
    }
    const size = out - this.length - 1;
    if (at >= limit || size > STR8_MOST) return false;
    this.at = at + 1;
    if (size <= FIXSTR_MOST) buffer[this.length] = FIXSTR | size;
    else {
      // Its header has two bytes.
      for (let i = out; i > this.length + 1; i--) buffer[i] = buffer[i - 1]!;
      buffer[this.length] = STR8;
      buffer[this.length + 1] = size;
      out++;
    }
    this.length = out;
    return true;
  }

  private number(negative: boolean): boolean {
    const { source, limit } = this;
    let at = negative ? this.at + 1 : this.at;
    const from = at;
    let value = 0;
    let point = -1;
    for (; at < limit; at++) {
      const byte = source[at]!;
      if (byte >= ZERO && byte <= NINE) value = value * 10 + (byte - ZERO);
      else if (byte === DOT && point < 0 && at > from) point = at;
      else break;
    }
    const digits = at - from - (point < 0 ? 0 : 1);
    // No digit is a byte that may follow a number, so what ends it is checked by whoever comes next.
    if (digits < 1 || digits > DIGITS_MOST || point === at - 1) return false;
    if (source[from] === ZERO && at > from + 1 && point !== from + 1) return false;
    if (negative && value === 0) return false;
    if (point >= 0) {
      value /= POWERS[at - point - 1]!;
      if (Number.isInteger(value)) return false;
    }
    this.at = at;
    this.write(negative ? -value : value);
    return true;
  }

  private write(value: number): void {
    const { buffer } = this;
    if (value >>> 0 === value) {
      if (value < 0x80) buffer[this.length++] = value;
      else if (value < 0x100) this.integer(0xcc, value, 1);
      else if (value < 0x1_0000) this.integer(0xcd, value, 2);
      else this.integer(0xce, value, 4);
    } else if (value >> 0 === value) {
      if (value >= -0x20) buffer[this.length++] = value + 0x100;
      else if (value >= -0x80) this.integer(0xd0, value, 1);
      else if (value >= -0x8000) this.integer(0xd1, value, 2);
      else this.integer(0xd2, value, 4);
    } else {
      float[0] = value;
      buffer[this.length++] = FLOAT64;
      for (let i = 7; i >= 0; i--) buffer[this.length++] = floatBytes[i]!;
    }
  }

  private integer(token: number, value: number, bytes: number): void {
    const { buffer } = this;
    buffer[this.length++] = token;
    for (let shift = (bytes - 1) * 8; shift >= 0; shift -= 8) buffer[this.length++] = value >> shift;
  }

  private word(word: string, token: number): boolean {
    for (let i = 0; i < word.length; i++) if (this.source[this.at + i] !== word.charCodeAt(i)) return false;
    this.at += word.length;
    this.buffer[this.length++] = token;
    return true;
  }
}
