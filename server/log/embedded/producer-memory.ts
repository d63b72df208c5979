/**
 * What stands of the producers that were asked for or written last, in memory: this process alone writes, so it need not look into the
 * data for each unit. Must be told of what is written, when it is written, and never before.
 */
import type { Remembered } from '../decide.ts';
import { producerEntryKey } from './layout.ts';

export interface Kept {
  /** Where it stands in the data. */
  readonly key: Buffer;
  /** Undefined where nothing is remembered. */
  stored: Remembered | undefined;
  /** Written since the memory was last cleared, so that it stands in the current generation only. */
  written: boolean;
}

/** How many are kept of all partitions at least; at most twice as many. */
const KEPT = 16_384;

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
    const kept = this.old[partition]!.get(producer) ?? this.read(producerEntryKey(producer, partition));
    if (this.count >= KEPT) this.age();
    this.young[partition]!.set(producer, kept);
    this.count++;
    return kept;
  }

  /** The data was changed otherwise. */
  clear(): void {
    this.age();
    this.age();
  }

  private read(key: Buffer): Kept {
    return { key, stored: this.look(key), written: false };
  }

  private age(): void {
    this.old = this.young;
    this.young = maps(this.old.length);
    this.count = 0;
  }
}

function maps(count: number): Map<string, Kept>[] {
  return Array.from({ length: count }, () => new Map());
}
