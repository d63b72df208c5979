/**
 * Memory for very many short lists of numbers: blocks of 4, 8, 16, ... words of 32 bits out of pages. A block that is given back serves the
 * next one of its size, so that lists may grow by moving to a block of double size. Pages are never copied and blocks never cross them.
 */
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

const PAGE_BITS = 15;
const PAGE_WORDS = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_WORDS - 1;
const SMALLEST_CLASS = 2;
const LARGEST_CLASS = 13;
const NONE = 0xffff_ffff;

/** The most words that a block can have. */
export const MAX_BLOCK_WORDS = 1 << LARGEST_CLASS;

/** The size class whose blocks hold at least so many words. */
export function classFor(words: number): number {
  return Math.max(SMALLEST_CLASS, 32 - Math.clz32(words - 1));
}

export class Blocks {
  private pages: Uint32Array[] = [];
  /** The same memory, read as numbers. */
  private views: Float32Array[] = [];
  /** Where the untouched part begins, in words over all pages. */
  private end = 0;
  /** The first free block of each class; each holds the next one's place in its first word. */
  private readonly free = new Uint32Array(LARGEST_CLASS + 1).fill(NONE);

  /** The place of a block of 2^sizeClass words; what stands in it is anything. */
  take(sizeClass: number): number {
    const reused = this.free[sizeClass]!;
    if (reused !== NONE) {
      this.free[sizeClass] = this.words(reused)[this.at(reused)]!;
      return reused;
    }
    while (this.leftInPage < 1 << sizeClass) this.freeRest();
    return this.cut(sizeClass);
  }

  give(place: number, sizeClass: number): void {
    this.words(place)[this.at(place)] = this.free[sizeClass]!;
    this.free[sizeClass] = place;
  }

  /** The page that a block lies in, and where in it the block begins. */
  words(place: number): Uint32Array {
    return this.pages[place >>> PAGE_BITS]!;
  }
  floats(place: number): Float32Array {
    return this.views[place >>> PAGE_BITS]!;
  }
  at(place: number): number {
    return place & PAGE_MASK;
  }

  /** Moves the first `used` words of a block to one of another class. */
  move(place: number, sizeClass: number, used: number, nextClass: number): number {
    const next = this.take(nextClass);
    const from = this.at(place);
    this.words(next).set(this.words(place).subarray(from, from + used), this.at(next));
    this.give(place, sizeClass);
    return next;
  }

  memoryBytes(): number {
    return this.pages.length * PAGE_WORDS * 4;
  }

  save(writer: SnapshotWriter): void {
    writer.number(this.end);
    writer.array(this.free);
    for (const page of this.pages) writer.array(page);
  }

  load(reader: SnapshotReader): void {
    this.end = reader.number();
    this.free.set(reader.array(Uint32Array));
    for (let words = 0; words < this.end; words += PAGE_WORDS) this.addPage(reader.array(Uint32Array));
  }

  private get leftInPage(): number {
    return PAGE_WORDS - (this.end & PAGE_MASK);
  }

  /** The next words of the untouched part. */
  private cut(sizeClass: number): number {
    const place = this.end;
    if (place >>> PAGE_BITS === this.pages.length) this.addPage();
    this.end += 1 << sizeClass;
    return place;
  }

  /** The end of a page that is too short for a large block becomes free smaller ones. */
  private freeRest(): void {
    const sizeClass = Math.min(LARGEST_CLASS, 31 - Math.clz32(this.leftInPage));
    this.give(this.cut(sizeClass), sizeClass);
  }

  private addPage(page = new Uint32Array(PAGE_WORDS)): void {
    this.pages.push(page);
    this.views.push(new Float32Array(page.buffer, page.byteOffset, PAGE_WORDS));
  }
}
