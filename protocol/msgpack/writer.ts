/**
 * Writes plain values as MessagePack. Our own and not msgpackr's, which packs integers above 32 bits as float64 (times are such), pools
 * its output, and turns values of JavaScript into extension types that this protocol forbids.
 *
 * Integers take the smallest integer format, all other numbers float64. What MessagePack or JSON cannot express becomes nil, as
 * `JSON.stringify` does it in arrays; callers that must not lose anything ask `assertExpressible` first.
 */
import { utf8Length } from '../utf8.ts';

const encoder = new TextEncoder();
/** Up to this many UTF-16 units a loop is quicker than `encodeInto`. */
const SHORT_TEXT = 48;
const START_BYTES = 4 * 1024;
/** Small results share chunks of this size: an allocation of its own costs more than to write an event. */
const CHUNK_BYTES = 64 * 1024;
const SMALL_BYTES = 1024;

export class Writer {
  #bytes = new Uint8Array(START_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  #chunk = new Uint8Array(0);
  #chunkUsed = 0;

  /** A copy of what was written since the last `take`, and a fresh start. */
  take(): Uint8Array {
    const bytes = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return bytes;
  }

  /**
   * Like `take`, for results that are many, small and short-lived: the bytes stand in a buffer together with others, which lives as long
   * as any of them. Never hand over their `buffer`.
   */
  takeShared(): Uint8Array {
    const length = this.#length;
    if (length > SMALL_BYTES) return this.take();
    if (this.#chunkUsed + length > this.#chunk.length) {
      this.#chunk = new Uint8Array(CHUNK_BYTES);
      this.#chunkUsed = 0;
    }
    const bytes = this.#chunk.subarray(this.#chunkUsed, this.#chunkUsed + length);
    bytes.set(this.#bytes.subarray(0, length));
    this.#chunkUsed += length;
    this.#length = 0;
    return bytes;
  }

  /** Forgets what was written, after a failure half-way. */
  clear(): void {
    this.#length = 0;
  }

  value(value: unknown): void {
    switch (typeof value) {
      case 'string':
        this.text(value);
        break;
      case 'number':
        this.number(value);
        break;
      case 'boolean':
        this.#byte(value ? 0xc3 : 0xc2);
        break;
      case 'bigint':
        this.number(Number(value));
        break;
      case 'object':
        if (value === null || ArrayBuffer.isView(value)) this.#byte(0xc0);
        else if (Array.isArray(value)) this.#array(value);
        else this.#map(value as Record<string, unknown>);
        break;
      default:
        this.#byte(0xc0);
    }
  }

  arrayHeader(count: number): void {
    if (count < 16) this.#byte(0x90 | count);
    else this.#sized(0xdc, count);
  }

  number(value: number): void {
    if (Number.isSafeInteger(value)) {
      if (value < 0) this.#negative(value);
      else this.#unsigned(value);
    } else if (Number.isFinite(value)) {
      this.#reserve(9);
      this.#bytes[this.#length] = 0xcb;
      this.#view.setFloat64(this.#length + 1, value);
      this.#length += 9;
    } else this.#byte(0xc0);
  }

  text(text: string): void {
    const units = text.length;
    if (units < SHORT_TEXT) {
      this.#reserve(units + 2);
      const bytes = this.#bytes;
      let position = this.#length;
      if (units < 32) bytes[position++] = 0xa0 | units;
      else {
        bytes[position++] = 0xd9;
        bytes[position++] = units;
      }
      let i = 0;
      for (; i < units; i++) {
        const unit = text.charCodeAt(i);
        if (unit > 0x7f) break;
        bytes[position++] = unit;
      }
      if (i === units) {
        this.#length = position;
        return;
      }
    }
    const size = utf8Length(text);
    if (size < 32) this.#byte(0xa0 | size);
    else if (size < 0x100) {
      this.#byte(0xd9);
      this.#byte(size);
    } else this.#sized(0xda, size);
    this.#reserve(size);
    encoder.encodeInto(text, this.#bytes.subarray(this.#length));
    this.#length += size;
  }

  #array(values: readonly unknown[]): void {
    this.arrayHeader(values.length);
    for (let i = 0; i < values.length; i++) this.value(values[i]);
  }

  #map(map: Record<string, unknown>): void {
    const keys = Object.keys(map);
    if (keys.length < 16) this.#byte(0x80 | keys.length);
    else this.#sized(0xde, keys.length);
    for (const key of keys) {
      this.text(key);
      this.value(map[key]);
    }
  }

  #unsigned(value: number): void {
    this.#reserve(9);
    const bytes = this.#bytes;
    if (value < 0x80) bytes[this.#length++] = value;
    else if (value < 0x100) {
      bytes[this.#length++] = 0xcc;
      bytes[this.#length++] = value;
    } else if (value < 0x1_0000) {
      bytes[this.#length] = 0xcd;
      this.#view.setUint16(this.#length + 1, value);
      this.#length += 3;
    } else if (value < 0x1_0000_0000) {
      bytes[this.#length] = 0xce;
      this.#view.setUint32(this.#length + 1, value);
      this.#length += 5;
    } else {
      bytes[this.#length] = 0xcf;
      this.#wide(value);
    }
  }

  #negative(value: number): void {
    this.#reserve(9);
    const bytes = this.#bytes;
    if (value >= -0x20) bytes[this.#length++] = value & 0xff;
    else if (value >= -0x80) {
      bytes[this.#length++] = 0xd0;
      bytes[this.#length++] = value & 0xff;
    } else if (value >= -0x8000) {
      bytes[this.#length] = 0xd1;
      this.#view.setInt16(this.#length + 1, value);
      this.#length += 3;
    } else if (value >= -0x8000_0000) {
      bytes[this.#length] = 0xd2;
      this.#view.setInt32(this.#length + 1, value);
      this.#length += 5;
    } else {
      bytes[this.#length] = 0xd3;
      this.#wide(value);
    }
  }

  /** 64 bits behind a token that stands already; two's complement where it is negative. */
  #wide(value: number): void {
    this.#view.setUint32(this.#length + 1, Math.floor(value / 0x1_0000_0000) >>> 0);
    this.#view.setUint32(this.#length + 5, value >>> 0);
    this.#length += 9;
  }

  /** A header with a 16-bit size, or with the next token and 32 bits. */
  #sized(token: number, size: number): void {
    this.#reserve(5);
    if (size < 0x1_0000) {
      this.#bytes[this.#length] = token;
      this.#view.setUint16(this.#length + 1, size);
      this.#length += 3;
    } else {
      this.#bytes[this.#length] = token + 1;
      this.#view.setUint32(this.#length + 1, size);
      this.#length += 5;
    }
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
