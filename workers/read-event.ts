/**
 * Reads one event's MessagePack: bounds and decodes it in a single pass, by the same rules as `findFlaw` of `protocol/events`. A general
 * decoder recurses without end, builds what extension types ask for, replaces invalid UTF-8, takes keys of any type and lets the last
 * of two equal keys win; here any of it is a flaw. What comes out is plain values, in bounded time and depth.
 */
import { type Flaw, FORBIDDEN_KEYS, STRUCTURE } from '../protocol/events.ts';
import { EVENT_MAX_DEPTH, EVENT_MAX_VALUES, MAX_NUMBER } from '../protocol/limits.ts';
import { size16, size32, truncated } from '../protocol/msgpack/skip.ts';
import { isUtf8 } from '../protocol/utf8.ts';
import { type PlainMap, ROOT, type Shape } from './shape.ts';
import { shortText } from './text-cache.ts';

/** In the place of a value that has a flaw. */
const FLAWED = Symbol('flawed');
type Read<T> = T | typeof FLAWED;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const NO_BYTES = Buffer.alloc(0);

/** Keeps its last slab and values until it reads the next ones. */
export class EventReader {
  /** After `read`: the position behind the event, where it has no flaw. */
  end = 0;
  /** After `read`: its first flaw, or null. */
  flaw: Flaw | null = null;
  private bytes: Buffer = NO_BYTES;
  private view: DataView = new DataView(NO_BYTES.buffer);
  private limit = 0;
  private at = 0;
  private values = 0;
  /** Values of the maps that are open, until their maps are made. */
  private readonly stack: unknown[] = new Array(EVENT_MAX_VALUES).fill(null);
  private top = 0;

  /**
   * The event that starts at `start`, or null where it has a flaw. Throws where the bytes end inside a value, which whoever cut the
   * frame has checked.
   */
  read(source: Buffer, start: number, limit: number): PlainMap | null {
    if (source !== this.bytes) {
      this.bytes = source;
      this.view = new DataView(source.buffer, source.byteOffset, source.length);
    }
    this.limit = limit;
    this.at = start + 1;
    this.values = this.top = 0;
    this.flaw = null;
    const token = source[start]!;
    let event: Read<PlainMap>;
    if ((token & 0xf0) === 0x80) event = this.map(token - 0x80, 1);
    else if (token === 0xde) event = this.map(this.unsigned16(), 1);
    else if (token === 0xdf) event = this.map(this.unsigned32(), 1);
    else event = this.fail(STRUCTURE.notMap);
    if (event === FLAWED) return null;
    if (this.at > limit) throw truncated();
    this.end = this.at;
    return event;
  }

  private fail(message: string, ...path: string[]): typeof FLAWED {
    this.flaw = { path, message };
    return FLAWED;
  }

  /** Adds a level to the path of the flaw on the way out. */
  private below(key: string): typeof FLAWED {
    this.flaw!.path.unshift(key);
    return FLAWED;
  }

  private map(count: number, depth: number): Read<PlainMap> {
    if (depth > EVENT_MAX_DEPTH) return this.fail(STRUCTURE.tooDeep);
    const base = this.top;
    let shape = ROOT;
    for (let left = count; left > 0; left--) {
      const next = this.nextShape(shape);
      if (!next) return this.otherKeys(shape.map(this.stack, base), left, depth, base, shape);
      const value = this.value(depth);
      if (value === FLAWED) return this.below(next.key);
      this.stack[this.top++] = value;
      shape = next;
    }
    this.top = base;
    return shape.map(this.stack, base);
  }

  /** Moves past the next key if one of the shape's children has it. */
  private nextShape(shape: Shape): Shape | null {
    const next = shape.next(this.bytes, this.at);
    if (next) this.at += next.bytes.length;
    return next;
  }

  /** The rest of a map, key by key. */
  private otherKeys(map: PlainMap, count: number, depth: number, base: number, shape: Shape): Read<PlainMap> {
    this.top = base;
    for (let left = count; left > 0; left--) {
      const key = this.key();
      if (key === FLAWED) return FLAWED;
      if (Object.hasOwn(map, key)) return this.fail(STRUCTURE.duplicateKey, key);
      if (left === count) shape.learn(key);
      const value = this.value(depth);
      if (value === FLAWED) return this.below(key);
      map[key] = value;
    }
    return map;
  }

  private key(): Read<string> {
    const token = this.bytes[this.at++]!;
    let length: number;
    if (token >= 0xa0 && token < 0xc0) length = token - 0xa0;
    else if (token === 0xd9) length = this.unsigned8();
    else if (token === 0xda) length = this.unsigned16();
    else if (token === 0xdb) length = this.unsigned32();
    else if (this.at > this.limit) throw truncated();
    else return this.fail(STRUCTURE.keyNotText, '?');
    const key = this.text(length);
    if (key === FLAWED) return this.below('?');
    return FORBIDDEN_KEYS.has(key) ? this.fail(STRUCTURE.forbiddenKey, key) : key;
  }

  private value(depth: number): unknown {
    if (++this.values > EVENT_MAX_VALUES) return this.fail(STRUCTURE.tooMany);
    const token = this.bytes[this.at++]!;
    if (token < 0x80) return token;
    if (token >= 0xa0 && token < 0xc0) return this.text(token - 0xa0);
    if (token >= 0xe0) return token - 0x100;
    if (token < 0x90) return this.map(token - 0x80, depth + 1);
    if (token < 0xa0) return this.list(token - 0x90, depth + 1);
    switch (token) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xca:
        return this.checked(this.view.getFloat32(this.advance(4)));
      case 0xcb:
        return this.checked(this.view.getFloat64(this.advance(8)));
      case 0xcc:
        return this.unsigned8();
      case 0xcd:
        return this.unsigned16();
      case 0xce:
        return this.unsigned32();
      case 0xcf: {
        const at = this.advance(8);
        return this.checked(this.view.getUint32(at) * 0x1_0000_0000 + this.view.getUint32(at + 4));
      }
      case 0xd0:
        return this.view.getInt8(this.advance(1));
      case 0xd1:
        return this.view.getInt16(this.advance(2));
      case 0xd2:
        return this.view.getInt32(this.advance(4));
      case 0xd3: {
        const at = this.advance(8);
        return this.checked(this.view.getInt32(at) * 0x1_0000_0000 + this.view.getUint32(at + 4));
      }
      case 0xd9:
        return this.text(this.unsigned8());
      case 0xda:
        return this.text(this.unsigned16());
      case 0xdb:
        return this.text(this.unsigned32());
      case 0xdc:
        return this.list(this.unsigned16(), depth + 1);
      case 0xdd:
        return this.list(this.unsigned32(), depth + 1);
      case 0xde:
        return this.map(this.unsigned16(), depth + 1);
      case 0xdf:
        return this.map(this.unsigned32(), depth + 1);
      default:
        if (this.at > this.limit) throw truncated();
        return this.fail(STRUCTURE.notPlain); // binary, extension types, 0xc1
    }
  }

  /** 64-bit integers and floats: from 2^53 on every one is an integer, and a larger one was rounded up at most. */
  private checked(value: number): Read<number> {
    if (value <= MAX_NUMBER && value >= -MAX_NUMBER) return value;
    return this.fail(Number.isFinite(value) ? STRUCTURE.tooLarge : STRUCTURE.notFinite);
  }

  private text(length: number): Read<string> {
    const start = this.advance(length);
    const { bytes } = this;
    const short = shortText(bytes, start, length);
    if (short !== null) return short;
    if (!isUtf8(bytes, start, this.at)) return this.fail(STRUCTURE.notUnicode);
    // As msgpackr has it: of a text longer than this a byte order mark at its start is left out.
    return length > 64 ? decoder.decode(bytes.subarray(start, this.at)) : bytes.toString('utf8', start, this.at);
  }

  private list(count: number, depth: number): Read<unknown[]> {
    if (depth > EVENT_MAX_DEPTH) return this.fail(STRUCTURE.tooDeep);
    const list: unknown[] = [];
    for (let i = 0; i < count; i++) {
      const value = this.value(depth);
      if (value === FLAWED) return this.below(String(i));
      list.push(value);
    }
    return list;
  }

  private unsigned8(): number {
    return this.bytes[this.advance(1)]!;
  }

  private unsigned16(): number {
    return size16(this.bytes, this.advance(2));
  }

  private unsigned32(): number {
    return size32(this.bytes, this.advance(4));
  }

  /** Moves past so many bytes and answers where they start. Throws where they are not all there. */
  private advance(length: number): number {
    const start = this.at;
    this.at = start + length;
    if (this.at > this.limit) throw truncated();
    return start;
  }
}
