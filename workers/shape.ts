/**
 * The key orders that maps have had: a tree of known keys, one step for each key of a map. A reader walks down it, comparing the next
 * key's bytes with the few that came here before, and makes the whole map at the end, which costs a third of setting key by key.
 */
import { EVENT_TYPES, fieldsOf } from '../protocol/events.ts';
import { fieldBit } from './field-bits.ts';

/** Only fields that events have are learned, so that strangers' keys cannot fill the tree. */
const KNOWN: ReadonlySet<string> = new Set([
  ...EVENT_TYPES.flatMap((type) => [...fieldsOf(type)!]),
  ...['playlist_id', 'source', 'device_type'],
]);
/** Different orders of many fields are many: beyond this the tree starts anew. */
const SHAPES_MAX = 1_024;
const CHILDREN_MAX = 8;
/** A constructor pays off for what is made again and again. */
const COMPILE_AFTER = 64;

export type PlainMap = Record<string, unknown>;
type Make = (values: readonly unknown[], base: number) => PlainMap;

let shapes = 0;

export class Shape {
  /** The last key of this order; '' for the empty one. */
  readonly key: string;
  /** Which bit the field has in masks of fields; 0 for none. */
  readonly bit: number;
  /** Its bytes behind their header, which is one byte: no known key has more than 31. */
  readonly bytes: Uint8Array;
  /** What came next, the latest last. */
  readonly children: Shape[] = [];
  private readonly keys: readonly string[];
  private make: Make | null = null;
  private made = 0;

  constructor(keys: readonly string[]) {
    this.keys = keys;
    this.key = keys.at(-1) ?? '';
    this.bit = fieldBit(this.key);
    this.bytes = Buffer.concat([Buffer.of(0xa0 | this.key.length), Buffer.from(this.key)]);
  }

  /** Whether the key that starts at `position` is this one. Of a known key only the shortest header is looked for. */
  isAt(source: Uint8Array, position: number): boolean {
    const { bytes } = this;
    for (let i = 0; i < bytes.length; i++) if (bytes[i] !== source[position + i]) return false;
    return true;
  }

  /** The child whose key starts at `position`, or null. */
  next(source: Uint8Array, position: number): Shape | null {
    const { children } = this;
    for (let i = 0; i < children.length; i++) if (children[i]!.isAt(source, position)) return children[i]!;
    return null;
  }

  /** Remembers that this key may come next, if it is a known one and does not stand here already. */
  learn(key: string): void {
    if (!KNOWN.has(key) || this.keys.includes(key)) return;
    if (this.children.some((child) => child.key === key)) return;
    if (++shapes > SHAPES_MAX) {
      ROOT.children.length = 0;
      shapes = 0;
      return;
    }
    // The oldest goes, or whoever came first with odd orders would keep everybody else's from being known.
    if (this.children.length >= CHILDREN_MAX) this.children.shift();
    this.children.push(new Shape([...this.keys, key]));
  }

  /** The map of these keys, its values from `base` on. */
  map(values: readonly unknown[], base: number): PlainMap {
    if (this.make) return this.make(values, base);
    if (++this.made === COMPILE_AFTER) this.make = compile(this.keys);
    const map: PlainMap = {};
    this.keys.forEach((key, i) => {
      map[key] = values[base + i];
    });
    return map;
  }
}

export const ROOT = new Shape([]);

/** Known keys are plain names, nothing that a client says becomes code. */
function compile(keys: readonly string[]): Make {
  const fields = keys.map((key, i) => `${JSON.stringify(key)}:values[base+${i}]`);
  return new Function('values', 'base', `return {${fields}}`) as Make;
}
