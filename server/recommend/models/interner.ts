/** Strings as dense numbers from 0 up. */
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

/** What a short text costs in a Map and a list of V8's, bytes; measured with a million ids of 12 characters. */
const ENTRY_BYTES = 96;

export class Interner {
  private readonly numbers = new Map<string, number>();
  private texts: string[] = [];

  get size(): number {
    return this.texts.length;
  }

  /** Its number; a new one if it was never seen. */
  intern(text: string): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    const number = this.texts.length;
    this.numbers.set(text, number);
    this.texts.push(text);
    return number;
  }

  /** -1 for what was never seen. */
  find(text: string): number {
    return this.numbers.get(text) ?? -1;
  }

  text(number: number): string {
    return this.texts[number]!;
  }

  /** Keeps those whose new number is not negative; the new numbers rise with the old ones. */
  renumber(next: Int32Array): void {
    const kept = this.texts.filter((_, number) => next[number]! >= 0);
    this.numbers.clear();
    this.texts = kept;
    for (let number = 0; number < kept.length; number++) this.numbers.set(kept[number]!, number);
  }

  memoryBytes(): number {
    return this.texts.length * ENTRY_BYTES;
  }

  save(writer: SnapshotWriter): void {
    writer.texts(this.texts);
  }

  load(reader: SnapshotReader): void {
    for (const text of reader.texts()) this.intern(text);
  }
}
