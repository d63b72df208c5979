/** UTF-8 without a decoder: msgpackr replaces invalid bytes silently, and `TextDecoder` allocates for every string. */

/** Whether the bytes from `start` up to `end` are well-formed UTF-8: no overlong form, no surrogate, nothing cut off. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let position = start;
  while (position < end) {
    const lead = bytes[position++]!;
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return false;
    const more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (more > end - position) return false;
    const next = bytes[position]!;
    if (lead === 0xe0 && next < 0xa0) return false;
    if (lead === 0xed && next > 0x9f) return false;
    if (lead === 0xf0 && next < 0x90) return false;
    if (lead === 0xf4 && next > 0x8f) return false;
    for (let i = 0; i < more; i++) if ((bytes[position++]! & 0xc0) !== 0x80) return false;
  }
  return true;
}

/** How many bytes the text takes as UTF-8. A lone surrogate counts as the U+FFFD that encoders write for it. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      // Two units become four bytes.
      bytes += 2;
      i++;
    } else bytes += 2;
  }
  return bytes;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether the text has a half of a surrogate pair, which UTF-8 cannot express. */
export function hasLoneSurrogate(text: string): boolean {
  return LONE_SURROGATE.test(text);
}
