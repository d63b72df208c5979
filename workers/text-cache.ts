/**
 * Short ASCII texts of events, which repeat (actions, users, sessions, tracks): comparing bytes with those of a text made earlier costs
 * less than making it again. Direct-mapped: what falls on the same place takes it. A text is found by all of its bytes, so who fills
 * the cache with what decides about speed only.
 */

/** A UUID fits. */
const LENGTH_MAX = 40;
const SLOT_BITS = 12;
const SLOTS = 1 << SLOT_BITS;
/** Bytes of a slot, as a power of two. */
const STRIDE_BITS = 6;

const texts = new Array<string>(SLOTS).fill('');
const kept = new Uint8Array(SLOTS << STRIDE_BITS);
/** For each length a list of character codes, so that a text is made by one call. */
const codes = Array.from({ length: LENGTH_MAX + 1 }, (_, length) => new Array<number>(length).fill(0));

/** The text of these bytes, or null where they are not ASCII or too many. */
export function shortText(bytes: Uint8Array, start: number, length: number): string | null {
  if (length === 0) return '';
  if (length > LENGTH_MAX) return null;
  const slot = slotOf(bytes, start, length);
  const text = texts[slot]!;
  if (text.length === length) {
    const base = slot << STRIDE_BITS;
    let i = 0;
    while (i < length && kept[base + i] === bytes[start + i]) i++;
    if (i === length) return text;
  }
  return keep(slot, bytes, start, length);
}

/** From the length and a few bytes, mostly the last, in which names differ. */
function slotOf(bytes: Uint8Array, start: number, length: number): number {
  const last = start + length - 1;
  let hash = length;
  const from = length > 6 ? last - 5 : start;
  for (let i = from; i <= last; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
  hash = (Math.imul(hash, 31) + bytes[start]!) | 0;
  return Math.imul(hash, 0x9e37_79b1) >>> (32 - SLOT_BITS);
}

function keep(slot: number, bytes: Uint8Array, start: number, length: number): string | null {
  const units = codes[length]!;
  let high = 0;
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i]!;
    high |= byte;
    units[i] = byte;
  }
  if (high >= 0x80) return null;
  const text = String.fromCharCode.apply(null, units);
  texts[slot] = text;
  const base = slot << STRIDE_BITS;
  for (let i = 0; i < length; i++) kept[base + i] = bytes[start + i]!;
  return text;
}
