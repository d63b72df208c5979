/**
 * Decodes a control frame that `scanFrame` has let pass: whole, bounded in depth, without extension types, with text keys and valid UTF-8.
 * A decoder library would be a fifth of the browser bundle; what it is good at, hostile or huge input, does not come here.
 */
import { childCount, containerHeaderBytes, isMap, isText, readNumber, textHeaderBytes } from './header.ts';
import { skipValues } from './skip.ts';

/** Up to here a loop over ASCII is faster than a call. */
const SHORT_TEXT = 32;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The one value that the message is. Binary is a copy. */
export function readMessage(bytes: Uint8Array): unknown {
  return new Reader(bytes).value();
}

class Reader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  value(): unknown {
    const bytes = this.#bytes;
    const start = this.#position;
    const token = bytes[start]!;
    const children = childCount(bytes, start);
    if (children >= 0) {
      this.#position += containerHeaderBytes(token);
      return isMap(token) ? this.#map(children / 2) : this.#list(children);
    }
    this.#position = skipValues(bytes, start, 1);
    if (isText(token)) return this.#text(start + textHeaderBytes(token), this.#position);
    if (token === 0xc0) return null;
    if (token === 0xc2 || token === 0xc3) return token === 0xc3;
    if (token >= 0xc4 && token <= 0xc6) return bytes.slice(start + 1 + 2 ** (token - 0xc4), this.#position);
    return readNumber(bytes, start, 'a value');
  }

  #list(count: number): unknown[] {
    const list: unknown[] = [];
    for (let i = 0; i < count; i++) list.push(this.value());
    return list;
  }

  /** Of two equal keys the last counts. No key reaches a prototype. */
  #map(count: number): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    for (let i = 0; i < count; i++) {
      const key = this.value() as string;
      map[key === '__proto__' ? '__proto_' : key] = this.value();
    }
    return map;
  }

  #text(start: number, end: number): string {
    if (end - start > SHORT_TEXT) return decoder.decode(this.#bytes.subarray(start, end));
    let text = '';
    for (let i = start; i < end; i++) {
      const unit = this.#bytes[i]!;
      if (unit >= 0x80) return decoder.decode(this.#bytes.subarray(start, end));
      text += String.fromCharCode(unit);
    }
    return text;
  }
}
