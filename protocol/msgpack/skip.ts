/**
 * Walks over MessagePack without decoding it. Linear, without recursion and without allocation: `count` values are still to come; a
 * container adds its own. This is what a server does with the events of a PUBLISH before a worker decodes them.
 *
 * Refused with `ProtocolError`: extension types (0xc7-0xc9, 0xd4-0xd8), 0xc1, and bytes that end too early. A container that claims
 * more values than bytes are left is refused at once, so a claim of four billion costs nothing.
 */
import { ProtocolError } from '../codes.ts';

/** The position after `count` values from `position` on. */
export function skipValues(bytes: Uint8Array, position: number, count: number, end = bytes.length): number {
  let left = count;
  while (left > 0) {
    if (left > end - position) throw truncated();
    left--;
    const token = bytes[position++]!;
    if (token < 0x80 || token >= 0xe0) continue; // fixint
    if (token >= 0xa0 && token < 0xc0) position += token - 0xa0;
    else if (token < 0x90) left += (token - 0x80) * 2;
    else if (token < 0xa0) left += token - 0x90;
    else {
      switch (token) {
        case 0xc0:
        case 0xc2:
        case 0xc3:
          break;
        case 0xcc:
        case 0xd0:
          position += 1;
          break;
        case 0xcd:
        case 0xd1:
          position += 2;
          break;
        case 0xca:
        case 0xce:
        case 0xd2:
          position += 4;
          break;
        case 0xcb:
        case 0xcf:
        case 0xd3:
          position += 8;
          break;
        case 0xc4:
        case 0xd9:
          position += 1 + size8(bytes, position);
          break;
        case 0xc5:
        case 0xda:
          position += 2 + size16(bytes, position);
          break;
        case 0xc6:
        case 0xdb:
          position += 4 + size32(bytes, position);
          break;
        case 0xdc:
          left += size16(bytes, position);
          position += 2;
          break;
        case 0xdd:
          left += size32(bytes, position);
          position += 4;
          break;
        case 0xde:
          left += size16(bytes, position) * 2;
          position += 2;
          break;
        case 0xdf:
          left += size32(bytes, position) * 2;
          position += 4;
          break;
        default:
          throw refused(token);
      }
    }
  }
  if (position > end) throw truncated();
  return position;
}

// Past the end these read zeros; the position then stands behind the end, which is checked before anything else is done with it.
function size8(bytes: Uint8Array, position: number): number {
  return bytes[position]! | 0;
}
export function size16(bytes: Uint8Array, position: number): number {
  return (bytes[position]! << 8) | bytes[position + 1]!;
}
export function size32(bytes: Uint8Array, position: number): number {
  return size16(bytes, position) * 0x10000 + size16(bytes, position + 2);
}

export function truncated(): ProtocolError {
  return new ProtocolError('the message ends inside a value');
}

function refused(token: number): ProtocolError {
  return new ProtocolError(token === 0xc1 ? 'byte 0xc1 is not MessagePack' : 'extension types are not allowed');
}
