/**
 * Finds the session of a key: open addressing with linear probing over numbers of 32 bits (Knuth, TAOCP 6.4, algorithms L and R). It holds
 * slots only; the keys, 64 bits of a hash, lie with the sessions. Never more than half full.
 */
import type { Column } from './column.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

/** 64 bits of a key. */
export interface KeyHash {
  low: number;
  high: number;
}

/** Two sums with the multipliers of murmur3, over both texts with a mark between. The result is the same object every time. */
export function hashKey(first: string, second: string): KeyHash {
  hash.low = 0x9747b28c;
  hash.high = 0x5bd1e995;
  addText(first);
  addCode(0x1_0000);
  addText(second);
  hash.low = scramble(hash.low);
  hash.high = scramble(hash.high);
  return hash;
}
const hash: KeyHash = { low: 0, high: 0 };

function addText(text: string): void {
  for (let i = 0; i < text.length; i++) addCode(text.charCodeAt(i));
}

function addCode(code: number): void {
  const low = Math.imul(hash.low ^ code, 0xcc9e2d51);
  const high = Math.imul(hash.high ^ code, 0x1b873593);
  hash.low = low ^ (low >>> 15);
  hash.high = high ^ (high >>> 13);
}

/** The finalizer of murmur3. */
function scramble(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

export class KeyTable {
  /** Slot + 1; 0 is empty. */
  private places = new Uint32Array(128);
  private count = 0;
  private readonly low: Column<Uint32Array>;
  private readonly high: Column<Uint32Array>;

  /** The columns hold the keys by slot. */
  constructor(low: Column<Uint32Array>, high: Column<Uint32Array>) {
    this.low = low;
    this.high = high;
  }

  /** The slot that has this key, or -1. */
  find(low: number, high: number): number {
    const mask = this.places.length - 1;
    for (let place = low & mask; ; place = (place + 1) & mask) {
      const slot = this.places[place]! - 1;
      if (slot < 0 || (this.low.data[slot] === low && this.high.data[slot] === high)) return slot;
    }
  }

  /** The key of the slot stands in the columns and is not in the table. */
  add(slot: number): void {
    if (++this.count * 2 > this.places.length) this.grow();
    this.put(slot);
  }

  /** The key of the slot still stands in the columns. Nothing happens if its key leads to another slot. */
  remove(slot: number): void {
    const mask = this.places.length - 1;
    let hole = this.low.data[slot]! & mask;
    for (; this.places[hole] !== slot + 1; hole = (hole + 1) & mask) if (this.places[hole] === 0) return;
    this.count--;
    this.places[hole] = 0;
    // What was pushed behind the hole by it moves up.
    for (let place = (hole + 1) & mask; this.places[place] !== 0; place = (place + 1) & mask) {
      const home = this.low.data[this.places[place]! - 1]! & mask;
      if (((place - home) & mask) < ((place - hole) & mask)) continue;
      this.places[hole] = this.places[place]!;
      this.places[place] = 0;
      hole = place;
    }
  }

  private grow(): void {
    const before = this.places;
    this.places = new Uint32Array(before.length * 2);
    for (const entry of before) if (entry !== 0) this.put(entry - 1);
  }

  private put(slot: number): void {
    const mask = this.places.length - 1;
    let place = this.low.data[slot]! & mask;
    while (this.places[place] !== 0) place = (place + 1) & mask;
    this.places[place] = slot + 1;
  }

  save(writer: SnapshotWriter): void {
    writer.number(this.count);
    writer.array(this.places);
  }

  load(reader: SnapshotReader): void {
    this.count = reader.number();
    this.places = reader.array(Uint32Array);
  }

  memoryBytes(): number {
    return this.places.byteLength;
  }
}
