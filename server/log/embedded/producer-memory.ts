/**
 * What stands of the producers that were asked for or written last, in memory: this process alone writes, so it need not look into the
 * data for each unit. Must be told of what is written, when it is written, and never before.
 */
import type { Remembered } from '../decide.ts';
import { producerEntryKey } from './layout.ts';

export interface Kept {
  readonly partition: number;
  readonly producer: string;
  /** Where it stands in the data. */
  readonly key: Buffer;
  /** Undefined where nothing is remembered. */
  stored: Remembered | undefined;
  /** Written since the memory was last cleared, so that it stands in the current generation only. */
  written: boolean;
}

/** How many are kept of all partitions at least; at most twice as many. */
const KEPT = 16_384;
/** A record is larger where rejections are remembered; then it is looked up each time. */
const RECORD_BYTES_MOST = 512;

export class ProducerMemory {
  private readonly look: (key: Buffer) => Remembered | undefined;
  /** By partition and producer. What is asked for moves to the young; when they are many, the old ones go. */
  private young: Map<string, Kept>[];
  private old: Map<string, Kept>[];
  private count = 0;

  /** `look` reads from the data. */
  constructor(partitions: number, look: (key: Buffer) => Remembered | undefined) {
    this.look = look;
    this.young = maps(partitions);
    this.old = maps(partitions);
  }

  of(partition: number, producer: string): Kept {
    const young = this.young[partition]!;
    const known = young.get(producer);
    if (known) return known;
    const kept = this.old[partition]!.get(producer) ?? this.read(partition, producer);
    if (isLarge(kept.stored)) return kept;
    if (this.count >= KEPT) this.age();
    this.young[partition]!.set(producer, kept);
    this.count++;
    return kept;
  }

  /** This was written. */
  written(kept: Kept, stored: Remembered): void {
    kept.stored = stored;
    kept.written = true;
    if (isLarge(stored)) this.forget(kept);
  }

  private forget({ partition, producer }: Kept): void {
    if (this.young[partition]!.delete(producer)) this.count--;
    this.old[partition]!.delete(producer);
  }

  /** The data was changed otherwise. */
  clear(): void {
    this.age();
    this.age();
  }

  private read(partition: number, producer: string): Kept {
    const key = producerEntryKey(producer, partition);
    return { partition, producer, key, stored: this.look(key), written: false };
  }

  private age(): void {
    this.old = this.young;
    this.young = maps(this.old.length);
    this.count = 0;
  }
}

function isLarge(stored: Remembered | undefined): boolean {
  return stored !== undefined && stored.record.length > RECORD_BYTES_MOST;
}

function maps(count: number): Map<string, Kept>[] {
  return Array.from({ length: count }, () => new Map());
}
