/** Reads container headers and numbers in place, for frames that are not worth a full decode. */
import { ProtocolError } from '../codes.ts';
import { size16, size32, truncated } from './skip.ts';

/** The number of elements of the array at `position`. Its header is `containerHeaderBytes` long. */
export function arrayCount(bytes: Uint8Array, position: number, name: string): number {
  const token = bytes[position];
  if (token === undefined) throw truncated();
  if (!isArray(token)) throw new ProtocolError(`${name} is not an array`);
  if (containerHeaderBytes(token) > bytes.length - position) throw truncated();
  return childCount(bytes, position);
}

/** How many values the container at `position` holds (a map's keys count too), or -1 where no container starts. */
export function childCount(bytes: Uint8Array, position: number): number {
  const token = bytes[position]!;
  if (token >= 0x80 && token < 0x90) return (token - 0x80) * 2;
  if (token >= 0x90 && token < 0xa0) return token - 0x90;
  switch (token) {
    case 0xdc:
      return size16(bytes, position + 1);
    case 0xdd:
      return size32(bytes, position + 1);
    case 0xde:
      return size16(bytes, position + 1) * 2;
    case 0xdf:
      return size32(bytes, position + 1) * 2;
    default:
      return -1;
  }
}

/** The length of an array's or map's header, by its first byte. */
export function containerHeaderBytes(token: number): number {
  if (token === 0xdc || token === 0xde) return 3;
  return token === 0xdd || token === 0xdf ? 5 : 1;
}

export function isArray(token: number): boolean {
  return (token >= 0x90 && token < 0xa0) || token === 0xdc || token === 0xdd;
}

export function isMap(token: number): boolean {
  return (token >= 0x80 && token < 0x90) || token === 0xde || token === 0xdf;
}

export function isText(token: number): boolean {
  return (token >= 0xa0 && token < 0xc0) || (token >= 0xd9 && token <= 0xdb);
}

/** The length of a text's header, by its first byte. */
export function textHeaderBytes(token: number): number {
  return token === 0xd9 ? 2 : token === 0xda ? 3 : token === 0xdb ? 5 : 1;
}

/** The length of a number, by its first byte; 0 for what is no number. */
export function numberBytes(token: number): number {
  if (token < 0x80 || token >= 0xe0) return 1;
  switch (token) {
    case 0xcc:
    case 0xd0:
      return 2;
    case 0xcd:
    case 0xd1:
      return 3;
    case 0xca:
    case 0xce:
    case 0xd2:
      return 5;
    case 0xcb:
    case 0xcf:
    case 0xd3:
      return 9;
    default:
      return 0;
  }
}

/** The number at `position` in any of its formats; not yet checked for being an integer in range. */
export function readNumber(bytes: Uint8Array, position: number, name: string): number {
  const token = bytes[position];
  if (token === undefined) throw truncated();
  const length = numberBytes(token);
  if (length === 0) throw new ProtocolError(`${name} is not a number`);
  if (length > bytes.length - position) throw truncated();
  if (token < 0x80) return token;
  switch (token) {
    case 0xcc:
      return bytes[position + 1]!;
    case 0xcd:
      return size16(bytes, position + 1);
    case 0xce:
      return size32(bytes, position + 1);
    case 0xcf:
      return size32(bytes, position + 1) * 0x1_0000_0000 + size32(bytes, position + 5);
    default:
      return readRare(bytes, position, token);
  }
}

const scratch = new DataView(new ArrayBuffer(8));

function readRare(bytes: Uint8Array, position: number, token: number): number {
  const length = numberBytes(token) - 1;
  for (let i = 0; i < length; i++) scratch.setUint8(i, bytes[position + 1 + i]!);
  switch (token) {
    case 0xca:
      return scratch.getFloat32(0);
    case 0xcb:
      return scratch.getFloat64(0);
    case 0xd0:
      return scratch.getInt8(0);
    case 0xd1:
      return scratch.getInt16(0);
    case 0xd2:
      return scratch.getInt32(0);
    case 0xd3:
      return scratch.getInt32(0) * 0x1_0000_0000 + scratch.getUint32(4);
    default:
      return token - 0x100;
  }
}
