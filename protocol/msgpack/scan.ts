/**
 * One linear walk over a whole control frame before it is decoded: decoders recurse, build what extension types ask for, replace
 * invalid UTF-8 and turn keys of any type into strings. What passes here decodes to plain values in bounded time and depth.
 */
import { ProtocolError } from '../codes.ts';
import { isUtf8 } from '../utf8.ts';
import { childCount, containerHeaderBytes, isMap, isText, textHeaderBytes } from './header.ts';
import { skipValues, truncated } from './skip.ts';

export interface ScanLimits {
  /** Levels of arrays and maps; the frame's own array is the first. */
  depth: number;
  /** Values in all, containers counted, keys not. */
  values: number;
  binary: boolean;
}

/** Throws `ProtocolError` unless the message is exactly one value within the limits, with text keys and valid UTF-8. */
export function scanFrame(bytes: Uint8Array, limits: ScanLimits): void {
  const end = bytes.length;
  /** Per open level: how many keys and values are still to come. The outermost is the message itself. */
  const left = [1];
  const maps = [false];
  let values = 0;
  let position = 0;
  while (left.length > 0) {
    const level = left.length - 1;
    if (left[level] === 0) {
      left.pop();
      maps.pop();
      continue;
    }
    if (position >= end) throw truncated();
    const isKey = maps[level] && left[level]! % 2 === 0;
    left[level]!--;
    const token = bytes[position]!;
    if (isText(token)) {
      const next = skipValues(bytes, position, 1);
      if (!isUtf8(bytes, position + textHeaderBytes(token), next)) throw new ProtocolError('text is not UTF-8');
      position = next;
    } else if (isKey) {
      throw new ProtocolError('a key is not text');
    } else {
      const children = childCount(bytes, position);
      if (children < 0) {
        if (!limits.binary && token >= 0xc4 && token <= 0xc6) throw new ProtocolError('binary is not allowed here');
        position = skipValues(bytes, position, 1);
      } else {
        if (left.length > limits.depth) throw new ProtocolError(`nested deeper than ${limits.depth} levels`);
        position += containerHeaderBytes(token);
        if (children > end - position) throw truncated();
        left.push(children);
        maps.push(isMap(token));
      }
    }
    if (!isKey && ++values > limits.values) throw new ProtocolError(`more than ${limits.values} values`);
  }
  if (position !== end) throw new ProtocolError('bytes after the frame');
}
